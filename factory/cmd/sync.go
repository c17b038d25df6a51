package cmd

import (
	"github.com/spf13/cobra"

	"github.com/helm-chart-factory/factory/factory/umbrella"
)

func newSync(a *app) *cobra.Command {
	r := umbrella.Request{Umbrella: true}
	c := &cobra.Command{
		Use:   "sync",
		Short: "Bring the umbrella chart to what the specs say",
		Long: `Makes what is stale in umbrella-chart/: the chart of every service, then the umbrella's
Chart.yaml, values.yaml and values.schema.json. The chart of a service that is gone goes too.
Only what differs is written, and a file that was changed by hand not without --force. After an upgrade of factory itself that
changes what it generates, it shows per service what and why, and writes with --upgrade.`,
		Example: `  factory sync
  factory sync --check                           # exit code 3 on drift, for CI
  factory sync --upgrade                         # after reading what a newer factory changes
  factory -C ../shop sync -o json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.generate(c.Context(), r)
		},
	}
	generateFlags(c, &r)
	c.Flags().BoolVar(&r.Upgrade, "upgrade", false, "write although an older factory made what is there; without it, show what would change and why")
	return c
}
