package cmd

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/helm-chart-factory/factory/factory/deploy"
	"github.com/helm-chart-factory/factory/factory/deploy/plan"
	"github.com/helm-chart-factory/factory/factory/kube"
	"github.com/helm-chart-factory/factory/factory/spec"
)

func newPlan(a *app) *cobra.Command {
	var on clusterFlags
	var env environmentFlag
	var detailed, adopt bool
	command := &cobra.Command{
		Use:   "plan",
		Short: "What deploy would change, field by field, against what runs; writes nothing",
		Long: `Prints what factory deploy would change: each object and field, with what is risky first: what the cluster
refuses and what to do about it, what is deleted, which workloads restart and for which field, and what others changed
since the last release. Each write is tried out as a server-side dry run, so admission has its say; nothing is stored.
Values of Secrets are never shown. The exit code is 1 when something is refused, since the deploy would fail.`,
		Example: `  factory plan
  factory plan --env prod --cluster current
  factory plan --detailed-exitcode     # exit code 3 when something changes or has drifted
  factory plan -o json | jq '.objects[] | select(.restarts)'`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			project, cluster, err := on.look(c.Context(), a, &env)
			if err != nil {
				return err
			}
			return a.plan(c.Context(), project, cluster, adopt, detailed)
		},
	}
	on.bind(command)
	env.bind(a, command)
	command.Flags().BoolVar(&adopt, "adopt", false, "as deploy --adopt would: take over objects that exist and belong to no release")
	command.Flags().BoolVar(&detailed, "detailed-exitcode", false, "exit with 3 when something would change or has drifted")
	return command
}

func (a *app) plan(ctx context.Context, project *spec.Project, cluster *kube.Cluster, adopt, detailed bool) error {
	opts, err := releaseOf(ctx, project, cluster)
	if err != nil {
		return err
	}
	opts.Adopt = adopt
	found, err := deploy.Preview(ctx, opts)
	if err != nil {
		return err
	}
	if err := a.showPlan(found); err != nil {
		return err
	}
	switch {
	case found.Counts.Refused > 0:
		return fmt.Errorf("the deploy would fail: %s", found.Summary())
	case detailed && found.Drifted():
		return changesError{found.Summary()}
	}
	return nil
}

func (a *app) showPlan(found *plan.Plan) error {
	if a.output == "json" {
		return json.NewEncoder(a.Out).Encode(found)
	}
	found.Write(a.Out, a.PaintOut)
	return nil
}

// changesError says that the cluster is not what the chart says.
type changesError struct{ summary string }

func (e changesError) Error() string { return "the cluster is not what the chart says: " + e.summary }

// Drift marks the error as a difference, not a failure.
func (changesError) Drift() bool { return true }
