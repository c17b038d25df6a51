package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/helm-chart-factory/factory/factory/console"
	"github.com/helm-chart-factory/factory/factory/deploy"
	"github.com/helm-chart-factory/factory/factory/deploy/plan"
	"github.com/helm-chart-factory/factory/factory/kube"
)

func newRollback(a *app) *cobra.Command {
	var on clusterFlags
	var env environmentFlag
	var timeout time.Duration
	var onlyPlan bool
	command := &cobra.Command{
		Use:   "rollback [REV]",
		Short: "Make the release what it was in an earlier revision; shows the plan and asks",
		Long: `Makes the release what it was in revision REV, or else in the last one before the current that was deployed
successfully, and returns when everything is Ready. First it shows what would change, as factory plan does, and asks.
What comes back is what was released then, images by their digests included; the specs stay as they are, so the next
factory deploy brings forward again what they say. The replicas of what an autoscaler scales are left alone.
The current revision as REV takes back what others changed since.`,
		Example: `  factory rollback
  factory rollback 3 --yes
  factory rollback --env prod --cluster current
  factory rollback 3 --plan -o json    # only says what would change`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			revision, err := parseRevision(args)
			if err != nil {
				return err
			}
			if timeout <= 0 {
				return usageError("--timeout %s: want more than nothing", timeout)
			}
			project, err := env.load(a)
			if err != nil {
				return err
			}
			if !onlyPlan && a.confirmer(on.yes) == nil {
				return usageError("rollback asks first, and nobody is there to answer\nnext: say --yes, or --plan to see what would change")
			}
			cluster, err := on.choose(c.Context(), a)
			if err != nil {
				return err
			}
			return a.rollback(c.Context(), deploy.Options{
				Cluster: cluster, Name: project.Name, Namespace: project.Namespace, Timeout: timeout,
			}, revision, onlyPlan, on.yes)
		},
	}
	on.bind(command)
	env.bind(a, command)
	command.Flags().BoolVarP(&on.yes, "yes", "y", false, "do not ask")
	command.Flags().BoolVar(&onlyPlan, "plan", false, "only say what would change")
	command.Flags().DurationVar(&timeout, "timeout", 10*time.Minute, "how long everything may take to get Ready")
	return command
}

// parseRevision reads REV; 0 stands for the default.
func parseRevision(args []string) (int, error) {
	if len(args) == 0 {
		return 0, nil
	}
	revision, err := strconv.Atoi(args[0])
	if err != nil || revision < 1 {
		return 0, usageError("%q is no revision: want a number of factory history", args[0])
	}
	return revision, nil
}

func (a *app) rollback(ctx context.Context, opts deploy.Options, revision int, onlyPlan, yes bool) error {
	found, to, err := deploy.PreviewRollback(ctx, opts, revision)
	if err != nil {
		return err
	}
	if onlyPlan {
		if err := a.showPlan(found); err != nil {
			return err
		}
	} else {
		found.Write(a.Err, a.Paint)
	}
	switch {
	case found.Counts.Refused > 0:
		return fmt.Errorf("the rollback to revision %d would fail, nothing was changed: %s", to, found.Summary())
	case onlyPlan:
		return nil
	case !found.Changes():
		return a.printRollback(&deploy.Result{Name: found.Release, Namespace: found.Namespace, Revision: found.From}, to, 0)
	}
	if err := a.confirmRollback(opts, found, to, yes); err != nil {
		return err
	}
	printer, failed := a.follow(&opts)
	start := time.Now()
	result, err := deploy.Rollback(ctx, opts, found.From, to)
	printer.Done()
	if err != nil {
		return errors.Join(err, failed.print(a))
	}
	return a.printRollback(result, to, time.Since(start))
}

func (a *app) confirmRollback(opts deploy.Options, found *plan.Plan, to int, yes bool) error {
	sure, err := a.confirmer(yes)(fmt.Sprintf("Roll release %s in namespace %s of %s back from revision %d to %d?", opts.Name, opts.Namespace, opts.Cluster, found.From, to))
	if err == nil && !sure {
		err = kube.ErrDeclined
	}
	return err
}

func (a *app) printRollback(result *deploy.Result, to int, took time.Duration) error {
	if a.output == "json" {
		return json.NewEncoder(a.Out).Encode(result)
	}
	if !result.Changed {
		_, err := fmt.Fprintf(a.Out, "%s revision %d is already what revision %d says: nothing written\n", result.Name, result.Revision, to)
		return err
	}
	_, err := fmt.Fprintf(a.Out, "%s revision %d in namespace %s runs what revision %d ran (%s)\n",
		result.Name, result.Revision, result.Namespace, to, console.Elapsed(took))
	return err
}
