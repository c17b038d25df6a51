package supervisor

import (
	"path/filepath"

	"github.com/helm-chart-factory/factory/cluster/internal/containerd"
	"github.com/helm-chart-factory/factory/cluster/internal/instance"
	"github.com/helm-chart-factory/factory/cluster/internal/node"
)

// writeRuntimeConfig writes containerd's configuration, with what registries.yaml says.
func writeRuntimeConfig(inst instance.Instance, record instance.Record) error {
	plugins, err := containerd.PluginDir()
	if err != nil {
		return err
	}
	snapshotter, err := node.Snapshotter(inst.Dir)
	if err != nil {
		return err
	}
	config := containerd.Config{
		PluginDir:   plugins,
		NetworkDir:  filepath.Join(node.Root, "etc", "cni"),
		CertsDir:    filepath.Join(node.Root, "etc", "certs.d"),
		Snapshotter: snapshotter,
	}
	return instance.WriteFile(inst.Path("etc", "containerd.toml"), config.Render(), 0o600)
}
