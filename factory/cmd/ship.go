package cmd

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/helm-chart-factory/factory/factory/deploy"
	"github.com/helm-chart-factory/factory/factory/image"
	"github.com/helm-chart-factory/factory/factory/ship"
	"github.com/helm-chart-factory/factory/factory/spec"
	"github.com/helm-chart-factory/factory/templates"
)

// shipFlags are what package and push share.
type shipFlags struct {
	environmentFlag
	version, appVersion string
	pin, force          bool
}

func (f *shipFlags) bind(a *app, command *cobra.Command, pin bool) {
	f.environmentFlag.bind(a, command)
	flags := command.Flags()
	flags.StringVar(&f.version, "version", "", "the charts' `VERSION`, of SemVer 2 (default: that in Chart.yaml)")
	flags.StringVar(&f.appVersion, "app-version", "", "the `VERSION` of what the charts run (default: that in Chart.yaml)")
	flags.BoolVar(&f.pin, "pin", pin, "name each image of the project's registry by the digest that its tag has now")
	flags.BoolVar(&f.force, "force", false, "replace another chart of that name and version")
	command.ValidArgsFunction = a.completeServices
}

// charts packages what was asked for, out of the project as it is in the environment.
func (f *shipFlags) charts(ctx context.Context, a *app, project *spec.Project, names []string) ([]*ship.Chart, error) {
	request := ship.Request{Dir: a.dir, Environment: f.name, Services: names, Version: f.version, AppVersion: f.appVersion}
	if f.pin {
		request.Pin = resolver(project)
	}
	defer collectLate()()
	return ship.Charts(ctx, request, templates.Files)
}

// resolver looks digests up, and says what to do about a registry that does not answer.
func resolver(project *spec.Project) deploy.Resolve {
	return func(ctx context.Context, ref string) (string, error) {
		digest, err := image.Digest(ctx, ref)
		if err == nil {
			return digest, nil
		}
		if silent := ship.Reachable(ctx, project.Registry); silent != nil {
			return "", silent
		}
		return "", err
	}
}
