package cmd

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/helm-chart-factory/factory/factory/console"
	"github.com/helm-chart-factory/factory/factory/gitops"
	"github.com/helm-chart-factory/factory/templates"
)

func newRender(a *app) *cobra.Command {
	var env environmentFlag
	var r gitops.Request
	var pin bool
	command := &cobra.Command{
		Use:   "render",
		Short: "Write the release as plain manifests, one file per object, for GitOps",
		Long: `Renders what the project releases into a folder for git, from which Argo CD or Flux applies it: SERVICE/KIND-NAME.yaml.
The same specs give the same files. Only what differs is written, what is no longer rendered goes, and a file that was
changed by hand is not overwritten without --force. A secret that is generated cannot be rendered: have its Secret made in
the cluster, called as the service, and name the service with --existing-secret.`,
		Example: `  factory render                                            # into rendered/
  factory render --env prod --pin                           # into rendered-prod/, images by digest
  factory render --existing-secret database -d ../deploy/shop
  factory render --check                                    # exit code 3 on drift, for CI`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if r.Check && r.Force {
				return usageError("--check writes nothing, so there is nothing to --force: leave one of them out")
			}
			project, err := env.load(a)
			if err != nil {
				return err
			}
			r.Project = project
			shown := r.Dir
			if r.Dir == "" {
				shown = "rendered"
				if project.Environment != "" {
					shown += "-" + project.Environment
				}
				r.Dir = filepath.Join(project.Dir, shown)
			}
			if r.Dir, err = filepath.Abs(r.Dir); err != nil {
				return err
			}
			if pin {
				r.Pin = resolver(project)
			}
			return a.render(c.Context(), r, shown)
		},
	}
	env.bind(a, command)
	flags := command.Flags()
	flags.StringVarP(&r.Dir, "destination", "d", "", "write into this `DIR`, which is made (default: rendered in the project, of an environment rendered-ENVIRONMENT)")
	flags.StringSliceVar(&r.Existing, "existing-secret", nil, "the generated Secret of this `SERVICE` is made elsewhere, with its name and keys")
	flags.BoolVar(&pin, "pin", false, "name each image of the project's registry by the digest that its tag has now")
	flags.BoolVar(&r.Check, "check", false, "write nothing; exit with 3 when files are missing, stale or edited")
	flags.BoolVar(&r.Force, "force", false, "give up what was changed by hand in rendered files")
	return command
}

func (a *app) render(ctx context.Context, r gitops.Request, shown string) error {
	r.Waiting = func() { fmt.Fprintln(a.Err, "waiting for another factory that writes here…") }
	result, err := gitops.Write(ctx, r, templates.Files)
	if err != nil {
		return err
	}
	for _, note := range result.Notes {
		fmt.Fprintln(a.Err, a.Paint(console.Yellow, "note: ")+note)
	}
	return a.finish(result.Plan, written{shown, r.Check, r.Force}, "factory render")
}
