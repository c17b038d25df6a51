package supervisor

import (
	"bytes"
	"context"
	"runtime"

	"github.com/helm-chart-factory/factory/cluster/internal/containerd"
	"github.com/helm-chart-factory/factory/cluster/internal/instance"
	"github.com/helm-chart-factory/factory/cluster/internal/pause"
	"github.com/helm-chart-factory/factory/cluster/internal/progress"
)

// importImages brings the images that the node must not pull into its runtime.
func importImages(ctx context.Context, inst instance.Instance, record instance.Record, report *progress.Reporter) error {
	if err := waitSocket(ctx, containerd.SocketOf(record.NodePID)); err != nil {
		return err
	}
	runtimeClient := containerd.Client{Address: containerd.SocketOf(record.NodePID)}
	have, err := runtimeClient.Images(ctx)
	if err != nil {
		return err
	}
	if !have[pause.Reference] {
		var image bytes.Buffer
		if err := pause.WriteImage(&image, runtime.GOARCH); err != nil {
			return err
		}
		if _, err := runtimeClient.Import(ctx, &image); err != nil {
			return err
		}
	}
	return nil
}
