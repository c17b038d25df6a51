package supervisor

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/helm-chart-factory/factory/cluster/addons"
	"github.com/helm-chart-factory/factory/cluster/internal/containerd"
	"github.com/helm-chart-factory/factory/cluster/internal/instance"
	"github.com/helm-chart-factory/factory/cluster/internal/pause"
	"github.com/helm-chart-factory/factory/cluster/internal/progress"
)

// importImages brings the images that the node must not pull into its runtime: the pause image and every archive of the
// images directory. It returns the names of the add-ons whose archives are there. scratch is a directory for passing files.
func importImages(ctx context.Context, scratch string, record instance.Record, report *progress.Reporter) (map[string]bool, error) {
	if err := waitSocket(ctx, containerd.SocketOf(record.NodePID)); err != nil {
		return nil, fmt.Errorf("waiting for containerd: %w", err)
	}
	client := containerd.Client{Address: containerd.SocketOf(record.NodePID)}
	have, err := client.Images(ctx)
	if err != nil {
		return nil, err
	}
	if have[pause.Reference] == "" {
		var image bytes.Buffer
		if err := pause.WriteImage(&image, scratch, runtime.GOARCH); err != nil {
			return nil, err
		}
		if _, err := client.Import(ctx, &image); err != nil {
			return nil, err
		}
	}
	archives, err := filepath.Glob(filepath.Join(record.Options.Images, "*.tar"))
	if err != nil {
		return nil, fmt.Errorf("listing image archives: %w", err)
	}
	available := map[string]bool{}
	for _, archive := range archives {
		name := strings.TrimSuffix(filepath.Base(archive), ".tar")
		imported, err := importArchive(ctx, client, have, archive)
		if err != nil {
			// Half an archive must not keep the cluster from starting: what needs it is left out.
			report.Warn(fmt.Sprintf("image archive %s is left out: %v", archive, err))
			continue
		}
		available[name] = true
		if imported {
			report.Step("images of " + name + " imported")
		}
	}
	return available, nil
}

func importArchive(ctx context.Context, client containerd.Client, have map[string]string, archive string) (imported bool, err error) {
	file, err := os.Open(archive)
	if err != nil {
		return false, err
	}
	defer file.Close()
	if containerd.HasAll(have, file) {
		return false, nil
	}
	if _, err := file.Seek(0, 0); err != nil {
		return false, err
	}
	_, err = client.Import(ctx, file)
	return err == nil, err
}

// missingAddons lists the add-ons whose images are not there, in their usual order.
func missingAddons(available map[string]bool) []string {
	return slices.DeleteFunc(addons.Names(), func(name string) bool { return available[name] })
}
