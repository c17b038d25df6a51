package cli

import (
	"github.com/spf13/cobra"

	"github.com/helm-chart-factory/factory/cluster/internal/lifecycle"
)

func newReload(t *target, streams Streams) *cobra.Command {
	return &cobra.Command{
		Use:     "reload-registries",
		Aliases: []string{"restart-runtime"},
		Short:   "Read registries.yaml again; containerd is started again only if that needs it, containers run on",
		Example: "  factory-cluster reload-registries",
		Args:    cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			inst, err := t.instance()
			if err != nil {
				return err
			}
			return lifecycle.ReloadRegistries(command.Context(), inst, streams.Err)
		},
	}
}
