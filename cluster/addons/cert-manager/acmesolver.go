package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/spf13/pflag"
	"golang.org/x/sync/errgroup"

	"github.com/cert-manager/cert-manager/pkg/issuer/acme/http/solver"
	logf "github.com/cert-manager/cert-manager/pkg/logs"
)

// runACMESolver answers one ACME HTTP challenge until ctx ends.
func runACMESolver(ctx context.Context, args []string, stderr io.Writer) error {
	challenge := &solver.HTTP01Solver{}
	fs := pflag.NewFlagSet("acmesolver", pflag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.IntVar(&challenge.ListenPort, "listen-port", 8089, "port to answer on")
	fs.StringVar(&challenge.Domain, "domain", "", "host name under challenge")
	fs.StringVar(&challenge.Token, "token", "", "last part of the path")
	fs.StringVar(&challenge.Key, "key", "", "the answer")
	if err := fs.Parse(args); err != nil {
		return fmt.Errorf("reading flags: %w", err)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		if err := challenge.Listen(logf.Log.WithName("acmesolver")); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		return challenge.Shutdown(last)
	})
	return group.Wait()
}
