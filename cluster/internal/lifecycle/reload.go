package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/helm-chart-factory/factory/cluster/internal/api"
	"github.com/helm-chart-factory/factory/cluster/internal/instance"
	"github.com/helm-chart-factory/factory/cluster/internal/supervisor"
)

// errNotRunning is returned by what needs a running node.
func errNotRunning(inst instance.Instance) error {
	return fmt.Errorf("cluster %q does not run with a node: start it with %s", inst.Name, inst.Command("start"))
}

// ReloadRegistries makes the node read registries.yaml again and returns when that holds for the next pull.
func ReloadRegistries(ctx context.Context, inst instance.Instance, out io.Writer) error {
	record, err := inst.Load()
	if err != nil {
		return err
	}
	if !inst.IsRunning() || record.NodePID == 0 {
		return errNotRunning(inst)
	}
	request := time.Now().Format(time.RFC3339Nano)
	if err := supervisor.RequestReload(inst, record.PID, request); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 90*time.Second)
	defer cancel()
	var answer supervisor.Reloaded
	err = api.Poll(ctx, 50*time.Millisecond, func(context.Context) error {
		var ok bool
		if answer, ok = supervisor.AnswerTo(inst, request); !ok {
			return errors.New("the supervisor has not answered")
		}
		return nil
	})
	if err != nil {
		return err
	}
	if answer.Error != "" {
		return errors.New(answer.Error)
	}
	fmt.Fprintf(out, "cluster %q now pulls as %s says\n", inst.Name, record.Options.Registries)
	return nil
}
