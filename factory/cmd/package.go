package cmd

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/helm-chart-factory/factory/factory/ship"
)

func newPackage(a *app) *cobra.Command {
	var f shipFlags
	var dir string
	command := &cobra.Command{
		Use:   "package [NAME...]",
		Short: "Package the umbrella chart, or the charts of some services, as helm package does",
		Long: `Writes the umbrella chart into NAME-VERSION.tgz, or with names the charts of those services, each by itself.
The same specs give the same bytes each time, so a digest says what is in it. What is on disk has to be what the specs
give (exit code 3), and a file of that name with something else in it is not replaced without --force.`,
		Example: `  factory package --version 1.4.0 -d dist
  factory package backend --version 1.4.0 --app-version 2026.11
  factory package --version 1.4.0 --pin            # images by digest, as factory push has them
  factory package --version 1.4.0 --env prod -d dist/prod`,
		RunE: func(c *cobra.Command, names []string) error {
			project, err := f.load(a)
			if err != nil {
				return err
			}
			charts, err := f.charts(c.Context(), a, project, names)
			if err != nil {
				return err
			}
			packaged, err := ship.Package(charts, dir, f.force)
			if err != nil {
				return err
			}
			if a.output == "json" {
				return json.NewEncoder(a.Out).Encode(packaged)
			}
			for _, p := range packaged {
				if !p.Written {
					fmt.Fprintf(a.Err, "%s holds this already: nothing written\n", p.Path)
				}
				fmt.Fprintf(a.Out, "%s %s\n", p.Path, p.Digest)
			}
			return nil
		},
	}
	f.bind(a, command, false)
	command.Flags().StringVarP(&dir, "destination", "d", ".", "write into this `DIR`, which is made")
	return command
}
