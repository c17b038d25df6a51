package ship

import (
	"fmt"

	"github.com/helm-chart-factory/factory/factory/files"
	"github.com/helm-chart-factory/factory/factory/umbrella"
)

// StaleError says that the charts on disk are not what the specs give.
type StaleError struct{ Plan *files.Plan }

func (e *StaleError) Error() string {
	others := 0
	var first *files.Change
	for i := range e.Plan.Changes {
		if first == nil || first.State == files.Extra {
			first = &e.Plan.Changes[i] // sync takes care of what is generated, and the message names that
		}
		others++
	}
	switch {
	case first == nil:
		return fmt.Sprintf("a run that wrote %s was cut off\nnext: factory sync", umbrella.Dir)
	case first.State == files.Extra:
		return fmt.Sprintf("%s/%s is not generated, and would be shipped%s\nnext: move it away, or let factory sync --force remove it",
			umbrella.Dir, first.Path, more(others-1))
	}
	return fmt.Sprintf("%s is not what the specs give: %s is %s%s\nnext: factory sync", umbrella.Dir, first.Path, first.State, more(others-1))
}

func more(count int) string {
	switch count {
	case 0:
		return ""
	case 1:
		return ", and 1 more file"
	}
	return fmt.Sprintf(", and %d more files", count)
}

// Drift says that what is on disk is not what the specs say.
func (e *StaleError) Drift() bool { return true }
