package cmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/helm-chart-factory/factory/factory/certs"
	"github.com/helm-chart-factory/factory/factory/cluster"
	"github.com/helm-chart-factory/factory/factory/console"
	"github.com/helm-chart-factory/factory/factory/deploy"
	"github.com/helm-chart-factory/factory/factory/kube"
	"github.com/helm-chart-factory/factory/factory/machine"
	"github.com/helm-chart-factory/factory/factory/paths"
	"github.com/helm-chart-factory/factory/factory/registry"
)

func newDown(a *app) *cobra.Command {
	s := &stack{app: a}
	var volumes bool
	command := &cobra.Command{
		Use:   "down",
		Short: "Take away what up made",
		Long: `Stops the embedded cluster and the registry, or, on a cluster that up did not make, removes the release and the
cert-manager that up brought, and nothing else. No process, mount, network interface or control group stays.
Data stays on disk for the next up, unless --volumes.`,
		Example: `  factory down
  factory down --volumes --yes      # with all data, without asking`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			if s.project, err = s.env.load(a); err != nil {
				return err
			}
			return s.down(c.Context(), volumes)
		},
	}
	s.on.bind(command)
	s.env.bind(a, command)
	command.Flags().BoolVarP(&s.on.yes, "yes", "y", false, "do not ask")
	command.Flags().BoolVar(&volumes, "volumes", false, "delete the data too: volumes, generated passwords, images in the registry")
	command.Flags().DurationVar(&s.timeout, "timeout", 5*time.Minute, "how long it may take until everything is gone")
	return command
}

func (s *stack) down(ctx context.Context, volumes bool) error {
	if err := s.confirmDown(volumes); err != nil {
		return err
	}
	for _, part := range []func(context.Context, bool) error{
		s.leaveCluster,
		s.stopEmbedded,
		s.stopRegistry,
		s.forgetHosts,
	} {
		if err := part(ctx, volumes); err != nil {
			return err
		}
	}
	if !volumes {
		fmt.Fprintln(s.Err, "data is kept for the next up; factory down --volumes deletes it too")
	}
	return nil
}

// confirmDown asks only where data would be lost.
func (s *stack) confirmDown(volumes bool) error {
	if !volumes {
		return nil
	}
	confirm := s.confirmer(s.on.yes)
	if confirm == nil {
		return usageError("down --volumes deletes data and asks first, and nobody is there to answer\nnext: say --yes")
	}
	sure, err := confirm("Delete the stack with ALL ITS DATA?")
	if err == nil && !sure {
		err = kube.ErrDeclined
	}
	return err
}

// leaveCluster removes the release and cert-manager from a cluster that up did not make. The embedded cluster is
// stopped as a whole, so its objects stay for the next up.
func (s *stack) leaveCluster(ctx context.Context, volumes bool) (err error) {
	choice := s.on
	if choice.cluster == string(kube.Embedded) {
		return nil
	}
	if choice.cluster == "auto" {
		if _, err := os.Stat(kube.K3sKubeconfig); errors.Is(err, fs.ErrNotExist) && choice.kubeconfig == "" && choice.context == "" {
			return nil
		}
		choice.cluster = string(kube.K3s)
	}
	if s.cluster, err = choice.choose(ctx, s.app); err != nil {
		return err
	}
	return s.step(ctx, "objects in the cluster", "", func(ctx context.Context, say console.Reporter) error {
		var gone []string
		release, err := deploy.Find(ctx, s.cluster, s.project.Name, s.project.Namespace)
		if err != nil {
			return err
		}
		if release != nil && release.MadeBy == madeByUp {
			destroyed, err := deploy.Destroy(ctx, deploy.DestroyOptions{
				Cluster: s.cluster, Name: s.project.Name, Namespace: s.project.Namespace, Volumes: volumes, Timeout: s.timeout, Say: say,
			})
			if err != nil {
				return err
			}
			gone = destroyed.Removed
		}
		removed, err := certs.Uninstall(ctx, certs.UninstallOptions{Cluster: s.cluster, MadeBy: madeByUp, Timeout: s.timeout, Say: say})
		if gone = append(gone, removed...); err == nil && len(gone) > 0 {
			say("removed %s", strings.Join(gone, ", "))
		}
		return err
	})
}

func (s *stack) stopEmbedded(ctx context.Context, volumes bool) error {
	return s.step(ctx, "cluster", "", func(ctx context.Context, say console.Reporter) error {
		return cluster.Stop(ctx, cluster.StopOptions{Dir: s.dir, Purge: volumes, Progress: console.LineWriter(say)})
	})
}

func (s *stack) stopRegistry(ctx context.Context, volumes bool) error {
	if !registry.IsLocal(s.project.Registry) {
		return nil
	}
	port, _ := registry.Port(s.project.Registry)
	return s.step(ctx, "registry", "", func(ctx context.Context, say console.Reporter) error {
		options, err := registryOptions(s.app, port, string(registry.Embedded))
		if err != nil {
			return err
		}
		stopped, err := registry.Stop(ctx, options, volumes)
		if err == nil && !stopped {
			say("none of factory's was running")
		}
		return err
	})
}

func (s *stack) forgetHosts(ctx context.Context, _ bool) error {
	if err := os.Remove(trustFile()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return machine.ForgetHosts(machine.HostsFile, paths.Instance(), s.ingressHosts()...)
}
