package deploy

import (
	"fmt"

	"github.com/helm-chart-factory/factory/factory/deploy/diagnose"
)

// RefusedError is what Helm or the cluster said to a chart, with what it probably means.
type RefusedError struct{ Err error }

func (e *RefusedError) Error() string {
	cause, next := diagnose.Refusal(e.Err.Error())
	if next == "" {
		return e.Err.Error()
	}
	return fmt.Sprintf("%s\ncause: %s\nnext: %s", e.Err, cause, next)
}

func (e *RefusedError) Unwrap() error { return e.Err }
