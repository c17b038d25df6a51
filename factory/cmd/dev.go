package cmd

import (
	"context"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/helm-chart-factory/factory/factory/console"
	"github.com/helm-chart-factory/factory/factory/deploy"
	"github.com/helm-chart-factory/factory/factory/dev"
	"github.com/helm-chart-factory/factory/factory/image"
	"github.com/helm-chart-factory/factory/factory/kube"
	"github.com/helm-chart-factory/factory/factory/spec"
	"github.com/helm-chart-factory/factory/factory/umbrella"
	"github.com/helm-chart-factory/factory/templates"
)

func newDev(a *app) *cobra.Command {
	var on clusterFlags
	d := &development{app: a, start: time.Now()}
	command := &cobra.Command{
		Use:   "dev [NAME...]",
		Short: "Work on services and see them run: build, deploy, ports and logs again after every save",
		Long: `Brings the release to what is on disk, forwards the ports of the named services to this machine (of all without a
name), shows what their pods write, and watches: the specs, templates/, and what the images of these services are made
from. After each save it does what the change needs and nothing else: sync for a spec, build for an image, then deploy.
What cannot be done is said, and the next save is taken up. One that comes meanwhile ends what is under way.

It needs the cluster and the registry that factory up brings up. Ctrl-C ends it (exit code 130); the release stays.`,
		Example: `  factory dev                        # all services
  factory dev frontend backend       # the others run as they are
  factory dev frontend --timeout 1m | grep error
  factory dev frontend -o json | jq -r 'select(.text) | .text'`,
		ValidArgsFunction: a.completeServices,
		RunE: func(c *cobra.Command, names []string) error {
			project, err := d.env.load(a)
			if err != nil {
				return err
			}
			if d.timeout <= 0 {
				return usageError("--timeout %s: want more than nothing", d.timeout)
			}
			if err := knownServices(project, names); err != nil {
				return err
			}
			if d.cluster, err = on.choose(c.Context(), a); err != nil {
				return err
			}
			d.names = names
			err = dev.Run(c.Context(), d)
			d.attached.wait()
			return ended(c.Context(), err)
		},
	}
	on.bind(command)
	d.env.bind(a, command)
	command.Flags().BoolVarP(&on.yes, "yes", "y", false, "do not ask")
	command.Flags().DurationVar(&d.timeout, "timeout", 5*time.Minute, "how long everything may take to get Ready after a change")
	return command
}

func knownServices(project *spec.Project, names []string) error {
	for _, name := range names {
		if project.Service(name) == nil {
			return usageError("there is no service %q: %s", name, spec.DidYouMean(name, serviceNames(project)))
		}
	}
	return nil
}

// development is one run of dev: the steps of its rounds.
type development struct {
	*app
	env     environmentFlag
	cluster *kube.Cluster
	// names are the services that are worked on; none means all.
	names   []string
	timeout time.Duration
	// start is when dev began: what pods wrote before is not shown.
	start time.Time
	// printing is held while something is printed: logs, forwarded ports and rounds have goroutines of their own.
	printing sync.Mutex
	attached attachment
}

// Load implements dev.Steps.
func (d *development) Load() (*spec.Project, []string, error) {
	all, err := spec.Load(d.dir)
	if err != nil {
		return nil, nil, err
	}
	// The charts hold what every environment needs.
	p, err := all.Env(d.env.name)
	return p, all.Sources(), err
}

// Images implements dev.Steps.
func (d *development) Images(p *spec.Project) []image.Service { return imageServices(p, d.names) }

// Sync implements dev.Steps.
func (d *development) Sync(ctx context.Context) (changed int, err error) {
	err = d.step(ctx, "charts", func(ctx context.Context, say console.Reporter) error {
		plan, err := umbrella.Generate(ctx, d.dir, templates.Files, umbrella.Request{Umbrella: true})
		if err == nil {
			changed = len(plan.Changes)
			say("%d files changed, %d as they were", changed, plan.Unchanged)
		}
		return err
	})
	return changed, err
}

// Build implements dev.Steps.
func (d *development) Build(ctx context.Context, services []image.Service) ([]string, error) {
	options := image.Options{Services: services}
	useCaches(&options)
	found, err := image.Build(ctx, options, d.stepStreams())
	var built []string
	for _, one := range found {
		if one.Built {
			built = append(built, one.Service)
		}
	}
	return built, err
}

// Deploy implements dev.Steps. Services that are not worked on get an image only where the registry has none.
func (d *development) Deploy(ctx context.Context, project *spec.Project) (revision int, written bool, err error) {
	if len(d.names) > 0 {
		if missing := missingImages(ctx, imageServices(project, nil)); len(missing) > 0 {
			if _, err := d.Build(ctx, missing); err != nil {
				return 0, false, err
			}
		}
	}
	opts, err := releaseOf(ctx, project, d.cluster)
	if err != nil {
		return 0, false, err
	}
	opts.Timeout = d.timeout
	done := d.followDeploy(&opts)
	result, err := deploy.Apply(ctx, opts)
	done()
	if err != nil {
		return 0, false, err
	}
	return result.Revision, result.Changed, nil
}

func missingImages(ctx context.Context, services []image.Service) []image.Service {
	var missing []image.Service
	for _, service := range services {
		if _, err := image.Digest(ctx, service.Ref); err != nil {
			missing = append(missing, service)
		}
	}
	return missing
}
