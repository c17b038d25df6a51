package cmd

import (
	"github.com/spf13/cobra"

	"github.com/helm-chart-factory/factory/factory/umbrella"
)

func newGenerateAll(a *app) *cobra.Command {
	var r umbrella.Request
	c := &cobra.Command{
		Use:   "generate-all",
		Short: "Make the charts of all services",
		Long: `Makes the Helm chart of every service, umbrella-chart/charts/NAME/. The umbrella that puts
them together, and the charts of services that are gone, are left to factory sync.`,
		Example: `  factory generate-all
  factory generate-all --check                   # exit code 3 when a chart is not as its spec says`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.generate(c.Context(), r)
		},
	}
	generateFlags(c, &r)
	return c
}
