package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/helm-chart-factory/factory/factory/console"
	"github.com/helm-chart-factory/factory/factory/deploy"
)

func newDeploy(a *app) *cobra.Command {
	var on clusterFlags
	var env environmentFlag
	var timeout time.Duration
	var rollBack, adopt bool
	command := &cobra.Command{
		Use:   "deploy",
		Short: "Release the umbrella chart and wait until everything is Ready",
		Long: `Installs or upgrades the release, each image pinned to the digest that its tag has at the registry now, and
returns when every object is Ready. When nothing changed, nothing is written. When something does not get ready, it
shows the evidence: which object and container, its state, last events and last log lines, the likely cause and what to
do next. All of it is saved in a file, secrets masked, before anything is rolled back; so is the log of each hook.
Ctrl-C stops it; the next deploy goes on from there.`,
		Example: `  factory deploy
  factory deploy --env prod --cluster current
  factory deploy --timeout 3m --rollback-on-failure
  factory deploy --cluster current     # the cluster of your kubeconfig, after asking`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			project, err := env.load(a)
			if err != nil {
				return err
			}
			if timeout <= 0 {
				return usageError("--timeout %s: want more than nothing", timeout)
			}
			cluster, err := on.choose(c.Context(), a)
			if err != nil {
				return err
			}
			opts, err := releaseOf(c.Context(), project, cluster)
			if err != nil {
				return err
			}
			opts.Timeout, opts.RollBack = timeout, rollBack
			return a.deploy(c.Context(), opts)
		},
	}
	on.bind(command)
	env.bind(a, command)
	command.Flags().BoolVarP(&on.yes, "yes", "y", false, "do not ask")
	command.Flags().DurationVar(&timeout, "timeout", 10*time.Minute, "how long everything may take to get Ready")
	command.Flags().BoolVar(&adopt, "adopt", false, "take over objects of the release that exist and belong to no release, such as some made by kubectl")
	command.Flags().BoolVar(&rollBack, "rollback-on-failure", false, "bring the last good revision back when the new one fails; a first one is removed")
	return command
}

// deploy runs one deploy with its progress on standard error and its result on standard output.
func (a *app) deploy(ctx context.Context, opts deploy.Options) error {
	printer, failed := a.follow(&opts)
	start := time.Now()
	result, err := deploy.Apply(ctx, opts)
	printer.Done()
	if err != nil {
		return errors.Join(err, failed.print(a))
	}
	if a.output == "json" {
		return json.NewEncoder(a.Out).Encode(result)
	}
	what := "is already what the chart says: nothing written"
	if result.Changed {
		what = "is running"
	}
	_, err = fmt.Fprintf(a.Out, "%s revision %d in namespace %s %s (%s)\n",
		result.Name, result.Revision, result.Namespace, what, console.Elapsed(time.Since(start)))
	return err
}
