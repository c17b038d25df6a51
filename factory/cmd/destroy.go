package cmd

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/helm-chart-factory/factory/factory/deploy"
	"github.com/helm-chart-factory/factory/factory/deploy/progress"
	"github.com/helm-chart-factory/factory/factory/kube"
	"github.com/helm-chart-factory/factory/factory/spec"
)

func newDestroy(a *app) *cobra.Command {
	var on clusterFlags
	var env environmentFlag
	var volumes bool
	var timeout time.Duration
	command := &cobra.Command{
		Use:   "destroy",
		Short: "Take the release away; volumes and generated passwords stay unless --volumes",
		Long: `Uninstalls the release and returns when its objects are gone. Volumes and the generated Secrets that belong to
them stay, so that the next deploy finds its data again. --volumes removes both, and the namespace if factory made it
and nothing else is in it.`,
		Example: `  factory destroy
  factory destroy --volumes --yes      # with all data, without asking`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			project, err := env.load(a)
			if err != nil {
				return err
			}
			if a.confirmer(on.yes) == nil {
				return usageError("destroy asks first, and nobody is there to answer\nnext: say --yes")
			}
			cluster, err := on.choose(c.Context(), a)
			if err != nil {
				return err
			}
			if err := a.confirmDestroy(project, cluster, on.yes, volumes); err != nil {
				return err
			}
			printer := progress.New(a.Streams)
			destroyed, err := deploy.Destroy(c.Context(), deploy.DestroyOptions{
				Cluster: cluster, Name: project.Name, Namespace: project.Namespace,
				Volumes: volumes, Timeout: timeout, Say: printer.Say,
			})
			if err != nil {
				return err
			}
			return a.printDestroyed(project, destroyed)
		},
	}
	on.bind(command)
	env.bind(a, command)
	command.Flags().BoolVarP(&on.yes, "yes", "y", false, "do not ask")
	command.Flags().BoolVar(&volumes, "volumes", false, "remove the volumes, all data in them, and the generated Secrets too")
	command.Flags().DurationVar(&timeout, "timeout", 5*time.Minute, "how long it may take until everything is gone")
	return command
}

func (a *app) confirmDestroy(project *spec.Project, cluster *kube.Cluster, yes, volumes bool) error {
	what := "its volumes and Secrets stay"
	if volumes {
		what = "ALL ITS DATA is deleted"
	}
	sure, err := a.confirmer(yes)(fmt.Sprintf("Remove release %s from namespace %s of %s? %s.", project.Name, project.Namespace, cluster, what))
	if err == nil && !sure {
		err = kube.ErrDeclined
	}
	return err
}

func (a *app) printDestroyed(project *spec.Project, destroyed *deploy.Destroyed) error {
	if a.output == "json" {
		return json.NewEncoder(a.Out).Encode(destroyed)
	}
	if destroyed.Nothing() {
		fmt.Fprintf(a.Out, "there is no release %s in namespace %s: nothing to remove\n", project.Name, project.Namespace)
	} else {
		fmt.Fprintf(a.Out, "removed %s\n", strings.Join(destroyed.Removed, ", "))
	}
	if len(destroyed.Kept) > 0 {
		fmt.Fprintf(a.Out, "kept for the next deploy: %s\n", strings.Join(destroyed.Kept, ", "))
	}
	return nil
}
