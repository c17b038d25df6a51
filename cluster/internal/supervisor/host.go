package supervisor

import (
	"context"
	"errors"
	"os"

	"github.com/helm-chart-factory/factory/cluster/internal/instance"
	"github.com/helm-chart-factory/factory/cluster/internal/progress"
)

func runHost(ctx context.Context, inst instance.Instance, record instance.Record, events *os.File, report *progress.Reporter) error {
	return errors.New("not here yet")
}
