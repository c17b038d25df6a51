package doctor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

const usualLimit = 10 * time.Second

// Run runs the checks and returns their results in the same order. Checks that do not need one another run at the same
// time; one that needs a check which failed, or which could not be checked, is not run.
func Run(ctx context.Context, checks []Check) []Result {
	results := make([]Result, len(checks))
	ended := make([]chan struct{}, len(checks))
	for i := range checks {
		ended[i] = make(chan struct{})
	}
	var all sync.WaitGroup
	for i, check := range checks {
		all.Go(func() {
			defer close(ended[i])
			start := time.Now()
			results[i] = Result{ID: check.ID, Title: check.Title}
			for _, id := range check.Needs {
				needed := slices.IndexFunc(checks[:i], func(c Check) bool { return c.ID == id })
				<-ended[needed]
				if outcome := results[needed].Outcome; outcome == Failed || outcome == NotChecked {
					results[i].Verdict = notChecked("%s", results[needed].Detail)
					return
				}
			}
			results[i].Verdict = check.within(ctx)
			results[i].Seconds = time.Since(start).Seconds()
		})
	}
	all.Wait()
	return results
}

func (c Check) within(ctx context.Context) Verdict {
	limit := c.Limit
	if limit == 0 {
		limit = usualLimit
	}
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	verdict := c.Run(limited)
	if verdict.Outcome != Passed && ctx.Err() == nil && errors.Is(limited.Err(), context.DeadlineExceeded) {
		verdict.Detail = fmt.Sprintf("%s (no end within %s)", verdict.Detail, limit)
	}
	return verdict
}
