package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/pflag"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/cert-manager/cert-manager/internal/kube"
	logf "github.com/cert-manager/cert-manager/pkg/logs"
	"github.com/cert-manager/cert-manager/pkg/util/cmapichecker"
)

// runStartupAPICheck waits until a dry-run create of cert-manager objects passes its webhooks: `check api --wait=1m`.
func runStartupAPICheck(ctx context.Context, args []string, stderr io.Writer) error {
	if len(args) < 2 || args[0] != "check" || args[1] != "api" {
		return fmt.Errorf("want `check api [flags]`, got %q", args)
	}
	fs := pflag.NewFlagSet("check api", pflag.ContinueOnError)
	fs.SetOutput(stderr)
	kubeconfig := fs.String("kubeconfig", "", "kubeconfig file; empty means the pod's own account")
	namespace := fs.StringP("namespace", "n", cmp.Or(os.Getenv("POD_NAMESPACE"), "default"), "namespace of the dry run")
	wait := fs.Duration("wait", 0, "how long to try; 0 means once")
	interval := fs.Duration("interval", 5*time.Second, "pause between tries")
	verbose := fs.BoolP("verbose", "v", false, "print every failed try")
	if err := fs.Parse(args[2:]); err != nil {
		return fmt.Errorf("reading flags: %w", err)
	}
	ctrl.SetLogger(logf.Log)
	connection, err := kube.BuildClientConfig("", *kubeconfig)
	if err != nil {
		return fmt.Errorf("connecting to the API server: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, max(*wait, 30*time.Second))
	defer cancel()
	for {
		// The checker's mapping of types is found anew each time: at the first try the CRDs may not be there yet.
		failed := check(ctx, func() (cmapichecker.Interface, error) { return cmapichecker.New(connection, *namespace) })
		if failed == nil {
			fmt.Fprintln(stderr, "The cert-manager API is ready")
			return nil
		}
		if *verbose {
			fmt.Fprintln(stderr, "Not ready:", failed)
		}
		if *wait == 0 {
			return failed
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("not ready after %s: %w", *wait, failed)
		case <-time.After(*interval):
		}
	}
}

func check(ctx context.Context, build func() (cmapichecker.Interface, error)) error {
	checker, err := build()
	if err != nil {
		return err
	}
	err = checker.Check(ctx)
	if simple := cmapichecker.TranslateToSimpleError(err); simple != nil {
		return fmt.Errorf("%w (%w)", simple, err)
	}
	return err
}
