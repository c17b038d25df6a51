package cli

import (
	"github.com/spf13/cobra"

	"github.com/helm-chart-factory/factory/cluster/internal/lifecycle"
)

func newImages(t *target, streams Streams) *cobra.Command {
	images := &cobra.Command{Use: "images", Short: "The images that the node has", Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error { return command.Help() }}
	images.AddCommand(&cobra.Command{
		Use:     "import FILE…",
		Short:   "Import OCI or Docker image archives into the node",
		Example: "  factory-cluster images import app.tar",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(command *cobra.Command, files []string) error {
			inst, err := t.instance()
			if err != nil {
				return err
			}
			return lifecycle.ImportImages(command.Context(), inst, files, streams.Out)
		},
	})
	return images
}
