package cmd

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/helm-chart-factory/factory/factory/registry"
	"github.com/helm-chart-factory/factory/factory/ship"
	"github.com/helm-chart-factory/factory/factory/spec"
)

func newPush(a *app) *cobra.Command {
	var f shipFlags
	var to string
	command := &cobra.Command{
		Use:   "push [NAME...]",
		Short: "Push the umbrella chart, or the charts of some services, to an OCI registry",
		Long: `Packages as factory package does and pushes as helm push does, with the logins of helm registry login and docker
login. The images are pinned: helm install of the chart gives what was built, wherever the registry of the images is
reached. A version that is there already and holds the same is left alone; one that holds something else is not replaced
without --force. Registries of this machine are spoken to in plain HTTP, all others in TLS.`,
		Example: `  factory push --version 1.4.0                     # to oci://REGISTRY/charts, by registry in factory.yaml
  factory push --version 1.4.0 --to oci://ghcr.io/acme/charts
  factory push --version 1.4.0 --env prod          # to oci://REGISTRY/charts/prod, with the values of prod
  factory push backend --version 1.4.0 --pin=false # one chart, with the tag of its image
  helm install platform oci://localhost:5000/charts/platform --version 1.4.0 --plain-http`,
		RunE: func(c *cobra.Command, names []string) error {
			project, err := f.load(a)
			if err != nil {
				return err
			}
			if to == "" {
				to = chartsOf(project)
			}
			target, err := ship.ParseTarget(to)
			if err != nil {
				return err
			}
			charts, err := f.charts(c.Context(), a, project, names)
			if err != nil {
				return err
			}
			pushed, err := ship.Push(c.Context(), charts, target, f.force)
			if shown := a.showPushed(pushed); err == nil {
				err = shown
			}
			if err == nil && len(names) == 0 && a.output != "json" {
				fmt.Fprintln(a.Err, "next: "+installCommand(project, target, pushed[0]))
			}
			return err
		},
	}
	f.bind(a, command, true)
	command.Flags().StringVar(&to, "to", "", "push below this `oci://HOST/PATH` (default: charts in the project's registry, of an environment charts/ENVIRONMENT)")
	return command
}

// chartsOf is where a project's charts go. Each environment has a place of its own: its charts have names and versions that others have, too.
func chartsOf(project *spec.Project) string {
	to := "oci://" + project.Registry + "/charts"
	if project.Environment != "" {
		to += "/" + project.Environment
	}
	return to
}

// showPushed prints what was pushed, also when something else was not.
func (a *app) showPushed(pushed []ship.Pushed) error {
	if a.output == "json" {
		if pushed == nil {
			return nil
		}
		return json.NewEncoder(a.Out).Encode(pushed)
	}
	for _, p := range pushed {
		if !p.Pushed {
			fmt.Fprintf(a.Err, "%s holds this already: nothing pushed\n", p.Ref)
		}
		fmt.Fprintf(a.Out, "%s@%s\n", p.Ref, p.Digest)
	}
	return nil
}

// installCommand is how plain Helm releases the umbrella from the registry.
func installCommand(project *spec.Project, target ship.Target, pushed ship.Pushed) string {
	command := fmt.Sprintf("helm upgrade --install %s %s --version %s --namespace %s --create-namespace",
		project.Name, target.Chart(pushed.Name), pushed.Version, project.Namespace)
	if registry.IsLocal(target.Host) {
		command += " --plain-http"
	}
	return command
}
