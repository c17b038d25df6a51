package cmd

import (
	"github.com/spf13/cobra"

	"github.com/helm-chart-factory/factory/factory/umbrella"
)

func newGenerate(a *app) *cobra.Command {
	var r umbrella.Request
	c := &cobra.Command{
		Use:   "generate NAME…",
		Short: "Make the charts of some services",
		Long: `Makes the Helm chart of each named service, umbrella-chart/charts/NAME/, from its spec,
services/NAME/service.yaml. A file that was changed by hand is not overwritten without --force.`,
		Example: `  factory generate backend
  factory generate backend frontend --check      # exit code 3 when a chart is not as its spec says`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: a.completeServices,
		RunE: func(c *cobra.Command, args []string) error {
			r.Services = args
			return a.generate(c.Context(), r)
		},
	}
	generateFlags(c, &r)
	return c
}

// generateFlags adds what generate, generate-all and sync share.
func generateFlags(c *cobra.Command, r *umbrella.Request) {
	c.Flags().BoolVar(&r.Check, "check", false, "write nothing; exit with 3 when files are missing, stale, edited or extra")
	c.Flags().BoolVar(&r.Force, "force", false, "give up what was changed by hand in generated files")
}
