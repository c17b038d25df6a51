package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/helm-chart-factory/factory/cluster/internal/instance"
)

// takeTurn waits until no other command starts or stops the instance, and returns what ends the turn.
func takeTurn(ctx context.Context, inst instance.Instance, out io.Writer) (done func(), err error) {
	told := false
	for {
		done, err := inst.Acquire(instance.Starting)
		if !errors.Is(err, instance.ErrLocked) {
			return done, err
		}
		if !told {
			fmt.Fprintf(out, "waiting for another command that starts or stops cluster %q\n", inst.Name)
			told = true
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(100 * time.Millisecond):
		}
	}
}
