package cmd

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/helm-chart-factory/factory/factory/lint"
	"github.com/helm-chart-factory/factory/factory/lint/format"
	"github.com/helm-chart-factory/factory/factory/lint/rule"
	"github.com/helm-chart-factory/factory/factory/spec"
	"github.com/helm-chart-factory/factory/templates"
)

func newLint(a *app) *cobra.Command {
	var rules, strict bool
	var versions []string
	var env environmentFlag
	var against string
	c := &cobra.Command{
		Use:   "lint",
		Short: "Judge the specs and what they generate, offline",
		Long: `Reads every spec, generates the umbrella chart in memory and judges it: Helm's own lint in
strict mode for the umbrella and each chart; the schemas of several versions of Kubernetes and
of the custom resources of cert-manager, Gateway API, Prometheus operator, External Secrets and
Istio for each object; Pod Security for each pod; rules that users of kube-score and
kube-linter know; and what would not survive an upgrade from the last commit. Nothing is
written and no cluster is asked.

Each finding names the line of the spec that decides over it and what to write instead. A rule
that is not wanted is waived in service.yaml or factory.yaml, with a reason:

  lint: {waive: {no-liveness-probe: the supervisor in the image restarts it}}

Besides text and json, -o takes sarif (2.1.0, for code scanning) and junit (for CI servers). Specs that
cannot be used are findings there, too, of the rule spec; the exit code is 2.
Exit code 1 when there are errors, with --strict when there are warnings too. Notes never count.`,
		Example: `  factory lint
  factory lint --strict
  factory lint --kube-version 1.33 --kube-version 1.34
  factory lint --env prod              # what the environment makes of the charts
  factory lint --against v1.4.0                  # a git revision, or a folder
  factory lint --rules
  factory lint -o sarif >lint.sarif
  factory lint -o json | jq '.findings[] | select(.severity == "error")'`,
		Annotations: map[string]string{moreOutputs: "sarif,junit"},
		Args:        cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if rules {
				return a.printRules(lint.Rules())
			}
			report, err := lint.Run(c.Context(), lint.Request{
				Dir: a.dir, Builtin: templates.Files, KubeVersions: versions, Environment: env.name, Against: against,
			})
			var problems spec.Problems
			if errors.As(err, &problems) && a.output != "text" {
				return errors.Join(err, a.printReport(lint.Unusable(problems), strict))
			}
			if err != nil {
				return err
			}
			if err := a.printReport(report, strict); err != nil {
				return err
			}
			return verdict(report, strict)
		},
	}
	env.bind(a, c)
	c.Flags().BoolVar(&rules, "rules", false, "list the rules, with why and what to do, and judge nothing")
	c.Flags().StringSliceVar(&versions, "kube-version", nil, "judge by the schemas of Kubernetes `VERSION`, as 1.34; may be repeated (default all that are known)")
	c.Flags().StringVar(&against, "against", "", "judge the upgrade from `REVISION` of git, or from a folder with an umbrella chart (default the last commit)")
	c.Flags().BoolVar(&strict, "strict", false, "let warnings fail the run too")
	return c
}

// verdict is the error of a run whose findings fail it.
func verdict(r *lint.Report, strict bool) error {
	failing := r.Count(rule.Error)
	if strict {
		failing += r.Count(rule.Warning)
	}
	if failing == 0 {
		return nil
	}
	return fmt.Errorf("lint: %s\nnext: correct what the findings name, or waive a rule with a reason: factory lint --help", format.Summary(r))
}

func (a *app) printReport(r *lint.Report, strict bool) error {
	switch a.output {
	case "json":
		return json.NewEncoder(a.Out).Encode(r)
	case "sarif":
		return format.SARIF(a.Out, r, lint.Rules(), a.dir)
	case "junit":
		return format.JUnit(a.Out, r, a.dir, strict)
	}
	format.Text(a.Streams, r)
	return nil
}

func (a *app) printRules(rules []rule.Rule) error {
	if a.output == "json" {
		return json.NewEncoder(a.Out).Encode(rules)
	}
	format.Rules(a.Out, rules)
	return nil
}
