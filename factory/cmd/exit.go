package cmd

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/helm-chart-factory/factory/factory/console"
)

// The exit codes of DESIGN.md, section "Exit codes and streams".
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitDrift       = 3
	exitInterrupted = 130
)

// usage is implemented by errors that the caller can only cure by changing the command or a spec.
type usage interface{ Usage() bool }

// drift is implemented by errors that say that what is on disk or in the cluster differs from what the specs say.
type drift interface{ Drift() bool }

type wrongUse struct{ error }

func (wrongUse) Usage() bool { return true }

func usageError(format string, args ...any) error {
	return wrongUse{fmt.Errorf(format, args...)}
}

// endedError is the end of a command that goes on until a person ends it.
type endedError struct{ error }

// ended marks an error that is nothing but that end.
func ended(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return endedError{err}
	}
	return err
}

// exitCode is the one place where errors become exit codes.
func exitCode(ctx context.Context, err error) int {
	var u usage
	var d drift
	switch {
	case err == nil:
		return exitDone
	case ctx.Err() != nil, errors.Is(err, context.Canceled):
		return exitInterrupted
	case errors.As(err, &d) && d.Drift():
		return exitDrift
	case errors.As(err, &u) && u.Usage():
		return exitUsage
	default:
		return exitFailed
	}
}

// isCobraUsage recognises cobra's own complaints about the command line, which carry no type.
func isCobraUsage(err error) bool {
	var known usage
	if err == nil || errors.As(err, &known) {
		return false
	}
	for _, start := range []string{"unknown command", "unknown flag", "unknown shorthand", "accepts ", "requires at least", "required flag"} {
		if strings.HasPrefix(err.Error(), start) {
			return true
		}
	}
	return false
}

func (a *app) report(ctx context.Context, err error) int {
	code := exitCode(ctx, err)
	var asMeant endedError
	switch {
	case code == exitDone, errors.As(err, &asMeant):
	case code == exitInterrupted:
		fmt.Fprintln(a.Err, a.Paint(console.Yellow, "interrupted"))
	default:
		fmt.Fprintln(a.Err, a.Paint(console.Red, "error: ")+err.Error())
	}
	return code
}
