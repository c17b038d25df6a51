package cmd

import (
	"context"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/helm-chart-factory/factory/factory/deploy"
	"github.com/helm-chart-factory/factory/factory/image"
	"github.com/helm-chart-factory/factory/factory/kube"
	"github.com/helm-chart-factory/factory/factory/spec"
	"github.com/helm-chart-factory/factory/factory/umbrella"
)

// environmentFlag is the flag of commands that work on one environment.
type environmentFlag struct{ name string }

func (f *environmentFlag) bind(a *app, command *cobra.Command) {
	command.Flags().StringVar(&f.name, "env", "", "work on this `ENVIRONMENT` of factory.yaml: its namespace, registry and values")
	// The flag exists, which is all that can go wrong.
	_ = command.RegisterFlagCompletionFunc("env", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		p, err := spec.Load(a.dir)
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		names := make([]string, len(p.Environments))
		for i, e := range p.Environments {
			names[i] = e.Environment
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	})
}

// load reads the project as it is in the environment that was asked for.
func (f *environmentFlag) load(a *app) (*spec.Project, error) {
	p, err := spec.Load(a.dir)
	if err != nil {
		return nil, err
	}
	return p.Env(f.name)
}

// releaseOf describes the release of a project on a cluster: the committed umbrella chart, the values of the environment, and over
// both the digests that the images have at the registry now.
func releaseOf(ctx context.Context, project *spec.Project, cluster *kube.Cluster) (deploy.Options, error) {
	opts := deploy.Options{
		Cluster: cluster, Name: project.Name, Namespace: project.Namespace, MadeBy: "deploy",
		Chart: deploy.FromDir(filepath.Join(project.Dir, umbrella.Dir)), PodSecurity: project.PodSecurity(),
	}
	chart, err := opts.Chart()
	if err != nil {
		return opts, err
	}
	values := map[string]any{}
	if project.Environment != "" {
		if values, err = deploy.FileValues(chart, umbrella.ValuesFile(project.Environment)); err != nil {
			return opts, err
		}
	}
	opts.Values, err = deploy.Pin(ctx, chart, values, project.Registry, image.Digest)
	return opts, err
}
