// Command cert-manager runs one of cert-manager's programs, named by its first argument.
//
// Upstream's own mains are modules that no proxy serves; its packages are. The module's path lies below
// cert-manager's because its configuration types are internal to that path.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

// program is one of cert-manager's programs: it runs until ctx ends or it fails.
type program func(ctx context.Context, args []string, stderr io.Writer) error

func programs() map[string]program {
	return map[string]program{
		"controller":      runController,
		"cainjector":      runCAInjector,
		"webhook":         runWebhook,
		"acmesolver":      runACMESolver,
		"startupapicheck": runStartupAPICheck,
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stderr io.Writer) error {
	if len(args) == 0 {
		return errors.New("no program named: want controller, cainjector, webhook, acmesolver or startupapicheck")
	}
	start, ok := programs()[strings.TrimPrefix(args[0], "cert-manager-")]
	if !ok {
		return fmt.Errorf("no program %q: want controller, cainjector, webhook, acmesolver or startupapicheck", args[0])
	}
	// A signal is the ordinary end of a pod, not a failure.
	if err := start(ctx, args[1:], stderr); err != nil && !(ctx.Err() != nil && errors.Is(err, context.Canceled)) {
		return fmt.Errorf("running %s: %w", args[0], err)
	}
	return nil
}
