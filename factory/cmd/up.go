package cmd

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/helm-chart-factory/factory/factory/certs"
	"github.com/helm-chart-factory/factory/factory/cluster"
	"github.com/helm-chart-factory/factory/factory/console"
	"github.com/helm-chart-factory/factory/factory/deploy"
	"github.com/helm-chart-factory/factory/factory/deploy/rollout"
	"github.com/helm-chart-factory/factory/factory/image"
	"github.com/helm-chart-factory/factory/factory/image/bases"
	"github.com/helm-chart-factory/factory/factory/kube"
	"github.com/helm-chart-factory/factory/factory/machine"
	"github.com/helm-chart-factory/factory/factory/paths"
	"github.com/helm-chart-factory/factory/factory/registry"
	"github.com/helm-chart-factory/factory/factory/registry/k3s"
	"github.com/helm-chart-factory/factory/factory/spec"
	"github.com/helm-chart-factory/factory/factory/umbrella"
	"github.com/helm-chart-factory/factory/templates"
)

// madeByUp marks what up makes in a cluster, so that down removes that and nothing else.
const madeByUp = "up"

func newUp(a *app) *cobra.Command {
	s := &stack{app: a}
	command := &cobra.Command{
		Use:   "up",
		Short: "Bring the whole stack up on this machine",
		Long: `Makes everything true, in order, that a running stack needs: a cluster, the registry, images, cert-manager, the
charts and the release. What is true already is left alone, so a second run changes nothing. It uses the k3s of this
host where one answers, else the embedded cluster; a cluster elsewhere only by --cluster current, after asking.`,
		Example: `  factory up
  factory up --cluster current --yes     # on the cluster of your kubeconfig`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			if s.project, err = s.env.load(a); err != nil {
				return err
			}
			return s.up(c.Context())
		},
	}
	s.on.bind(command)
	s.env.bind(a, command)
	command.Flags().BoolVarP(&s.on.yes, "yes", "y", false, "do not ask")
	command.Flags().DurationVar(&s.timeout, "timeout", 10*time.Minute, "how long cert-manager and the release may take to get Ready")
	return command
}

// stack is one project on one cluster: what up brings up and down takes away.
type stack struct {
	*app
	project *spec.Project
	env     environmentFlag
	on      clusterFlags
	timeout time.Duration
	// cluster is where the release goes; findCluster sets it.
	cluster *kube.Cluster
	// failed is what the step that deploys something found when it failed.
	failed *deploy.Evidence
}

// up is the whole product.
func (s *stack) up(ctx context.Context) error {
	start := time.Now()
	for _, part := range []func(context.Context) error{
		s.findCluster,
		s.syncCharts,
		s.setUpRegistry,
		s.buildImages,
		s.installCertManager,
		s.release,
		s.nameHosts,
	} {
		if err := part(ctx); err != nil {
			return err
		}
	}
	return s.printAccess(ctx, time.Since(start))
}

// findCluster settles on the k3s of this host, the cluster that was named, or else starts the embedded one.
func (s *stack) findCluster(ctx context.Context) (err error) {
	choice := s.on
	if choice.cluster == "auto" {
		choice.cluster = string(kube.K3s)
		if s.cluster, err = choice.choose(ctx, s.app); err == nil {
			return nil
		}
		choice.cluster = string(kube.Embedded)
	}
	if choice.cluster == string(kube.Embedded) && choice.kubeconfig == "" && choice.context == "" {
		if err := s.startEmbedded(ctx); err != nil {
			return err
		}
	}
	s.cluster, err = choice.choose(ctx, s.app)
	return err
}

func (s *stack) startEmbedded(ctx context.Context) error {
	rights := console.Step{Name: "this machine", Do: func(context.Context, console.Reporter) error { return machine.AllowsContainers() }}
	port, _ := registry.Port(s.project.Registry)
	steps := cluster.StartSteps(cluster.StartOptions{Dir: s.dir, RegistryPort: port})
	return console.RunSteps(ctx, s.Streams, append([]console.Step{rights}, steps...))
}

func (s *stack) syncCharts(ctx context.Context) error {
	return s.step(ctx, "charts", "factory sync --check shows what differs", func(ctx context.Context, say console.Reporter) error {
		plan, err := umbrella.Generate(ctx, s.dir, templates.Files, umbrella.Request{Umbrella: true})
		if err == nil {
			say("%d files changed, %d as they were", len(plan.Changes), plan.Unchanged)
		}
		return err
	})
}

// setUpRegistry runs the project's registry where it is one of this machine's, and tells k3s where that is the cluster.
func (s *stack) setUpRegistry(ctx context.Context) error {
	if !registry.IsLocal(s.project.Registry) {
		return nil
	}
	return s.step(ctx, "registry", "", func(ctx context.Context, say console.Reporter) error {
		port, _ := registry.Port(s.project.Registry)
		options, err := registryOptions(s.app, port, string(registry.Embedded))
		if err != nil {
			return err
		}
		result, err := registry.Setup(ctx, options)
		if err != nil {
			return err
		}
		say("%s %s", result.Address, result.Note)
		if s.cluster.Kind != kube.K3s {
			return nil
		}
		mirrors, err := k3sMirrors(s.project.Registry, nil)
		if err != nil {
			return err
		}
		configured, err := k3s.Configure(ctx, k3s.Options{Mirrors: mirrors, Now: time.Now})
		if err == nil && configured.Changed {
			say("merged into %s, restarted %s", configured.File, configured.Restarted)
		}
		return err
	})
}

// buildImages gives the machine a container engine where it has none, and the registry every image.
func (s *stack) buildImages(ctx context.Context) error {
	var options image.Options
	if err := withServices(s.project, nil, &options); err != nil {
		return err
	}
	if len(options.Services) == 0 {
		return nil
	}
	err := s.step(ctx, "packages for images", "", func(ctx context.Context, say console.Reporter) error {
		var packages []string
		if len(image.Engines(ctx)) == 0 {
			packages = append(packages, "buildah", "runc")
		}
		if !bases.HubReachable(ctx) {
			packages = append(packages, "mmdebstrap", "debian-archive-keyring", "ca-certificates")
			if _, err := exec.LookPath("npm"); err != nil {
				packages = append(packages, "npm") // fetches the Node that a base image asks for
			}
		}
		return machine.InstallPackages(ctx, say, packages...)
	})
	if err != nil {
		return err
	}
	_, err = image.Build(ctx, options, s.Streams)
	return err
}

func (s *stack) installCertManager(ctx context.Context) error {
	return s.step(ctx, "cert-manager", "factory install-cert-manager shows more", func(ctx context.Context, say console.Reporter) error {
		result, err := certs.Install(ctx, certs.Options{
			Cluster: s.cluster, Issuer: certs.Issuer{Name: s.project.Issuer.Name, Type: s.project.Issuer.Type},
			Timeout: s.timeout, MadeBy: madeByUp, Images: filepath.Join(paths.Cache(), "images"), Say: say, Show: sayStates(say), Failed: s.keepFailure,
		})
		if err == nil {
			say("%s, issuer %s is Ready", result.Version, result.Issuer)
		}
		return err
	})
}

func (s *stack) release(ctx context.Context) error {
	return s.step(ctx, "release "+s.project.Name, "factory deploy shows more", func(ctx context.Context, say console.Reporter) error {
		opts, err := releaseOf(ctx, s.project, s.cluster)
		if err != nil {
			return err
		}
		opts.MadeBy, opts.Timeout = madeByUp, s.timeout
		opts.Say, opts.Show, opts.Failed, opts.HookEnded = say, sayStates(say), s.keepFailure, keepHookLog(opts.Name, say)
		result, err := deploy.Apply(ctx, opts)
		if err == nil {
			say("revision %d, %d objects Ready", result.Revision, result.Objects)
		}
		return err
	})
}

// step runs one part of up as a line of progress.
func (s *stack) step(ctx context.Context, name, next string, do func(context.Context, console.Reporter) error) error {
	err := console.RunSteps(ctx, s.Streams, []console.Step{{Name: name, Do: do, Next: next}})
	if err != nil && s.failed != nil {
		var failed failure
		failed.show(s.app, s.failed)
	}
	return err
}

// keepFailure keeps what was found until the step's line is no longer redrawn.
func (s *stack) keepFailure(found *deploy.Evidence) { s.failed = found }

// sayStates tells a step what it still waits for.
func sayStates(say console.Reporter) func([]rollout.State) {
	return func(states []rollout.State) {
		ready := 0
		waiting := ""
		for _, state := range states {
			if state.Phase == rollout.Ready {
				ready++
			} else if waiting == "" {
				waiting = fmt.Sprintf("; %s %s: %s", state.Object.Ref(), state.Count(), state.Message)
			}
		}
		say("%d/%d Ready%s", ready, len(states), waiting)
	}
}
