package cmd

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/helm-chart-factory/factory/factory/console"
	"github.com/helm-chart-factory/factory/factory/lint"
	"github.com/helm-chart-factory/factory/templates"
)

func newLint(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "lint",
		Short: "Judge the specs and what they generate, offline",
		Long: `Reads every spec, generates the umbrella chart in memory and judges it: Helm's own lint in
strict mode for the umbrella and each chart, the types of the Kubernetes API for each object,
and Pod Security restricted for each pod. Nothing is written and no cluster is asked.`,
		Example: `  factory lint
  factory lint -o json | jq '.findings[]'`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			report, err := lint.Run(c.Context(), a.dir, templates.Files)
			if err != nil {
				return err
			}
			if err := a.printReport(report); err != nil {
				return err
			}
			if count := len(report.Findings); count > 0 {
				return fmt.Errorf("%d findings; correct the specs or the templates that they come from", count)
			}
			return nil
		},
	}
}

func (a *app) printReport(r *lint.Report) error {
	if a.output == "json" {
		return json.NewEncoder(a.Out).Encode(r)
	}
	for _, f := range r.Findings {
		service := f.Service
		if service == "" {
			service = "umbrella"
		}
		fmt.Fprintf(a.Out, "%s  %s  %s: %s\n", a.Paint(console.Red, service), f.Rule, f.Object, f.Text)
	}
	if len(r.Findings) == 0 {
		fmt.Fprintf(a.Out, "%d charts with %d objects: nothing to object to\n", r.Charts, r.Objects)
	}
	return nil
}
