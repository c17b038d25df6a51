package lifecycle

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/helm-chart-factory/factory/cluster/internal/containerd"
	"github.com/helm-chart-factory/factory/cluster/internal/instance"
)

// ImportImages brings the images in the archives into the running node and writes their names to out, one a line.
func ImportImages(ctx context.Context, inst instance.Instance, archives []string, out io.Writer) error {
	record, err := inst.Load()
	if err != nil {
		return err
	}
	if !inst.IsRunning() || record.NodePID == 0 {
		return errNotRunning(inst)
	}
	client := containerd.Client{Address: containerd.SocketOf(record.NodePID)}
	for _, archive := range archives {
		file, err := os.Open(archive)
		if err != nil {
			return fmt.Errorf("opening image archive: %w", err)
		}
		names, err := client.Import(ctx, file)
		file.Close()
		if err != nil {
			return fmt.Errorf("image archive %q: %w", archive, err)
		}
		for _, name := range names {
			fmt.Fprintln(out, name)
		}
	}
	return nil
}
