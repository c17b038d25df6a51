package cmd

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/helm-chart-factory/factory/factory/certs"
	"github.com/helm-chart-factory/factory/factory/console"
	"github.com/helm-chart-factory/factory/factory/doctor"
	"github.com/helm-chart-factory/factory/factory/kube"
	"github.com/helm-chart-factory/factory/factory/machine"
	"github.com/helm-chart-factory/factory/factory/paths"
	"github.com/helm-chart-factory/factory/factory/registry"
	"github.com/helm-chart-factory/factory/factory/registry/k3s"
)

func newDoctor(a *app) *cobra.Command {
	s := &stack{app: a, timeout: 5 * time.Minute}
	var fix bool
	command := &cobra.Command{
		Use:   "doctor",
		Short: "What is wrong, from this machine to the release, and how to put it right",
		Long: `Checks in some seconds what a project needs to run: the registry, from here and from the nodes, k3s'
registries.yaml, the cluster, its DNS, storage and ingress classes, cert-manager and the certificates, the rights and
accounts of the services, what they need and what they say of themselves. Each check that fails says what it saw, why
that matters and how to put it right; what depends on it is not checked.

To see whether a node reaches the registry, a pod of a few bytes is run on it and removed.

With --fix what is safe is done, and everything is checked again: the registry is started, registries.yaml merged, k3s
restarted, cert-manager and the issuer installed, the ingress' hosts named in ` + machine.HostsFile + `. The exit code is 1
when something is wrong.`,
		Example: `  factory doctor
  factory doctor --fix
  factory doctor -o json | jq -r '.checks[] | select(.outcome == "failed") | .problems[].fix'`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			if s.project, err = s.env.load(a); err != nil {
				return err
			}
			// A command that names no cluster, and a person who says no, end everything: there is nothing wrong to report.
			var refusal error
			options, err := s.doctorOptions(&refusal)
			if err != nil {
				return err
			}
			examine := doctor.Examine
			if fix {
				examine = doctor.Cure
			}
			report := examine(c.Context(), options)
			if err := cmp.Or(c.Context().Err(), refusal); err != nil {
				return err
			}
			return a.printHealth(report, fix)
		},
	}
	s.on.bind(command)
	s.env.bind(a, command)
	command.Flags().BoolVarP(&s.on.yes, "yes", "y", false, "do not ask")
	command.Flags().BoolVar(&fix, "fix", false, "do what is safe of it, and check again")
	return command
}

func (s *stack) doctorOptions(refusal *error) (doctor.Options, error) {
	options := doctor.Options{
		Project: s.project, Dir: s.dir, ClusterFlags: s.on.said(), Hosts: machine.HostsFile, Folders: []string{s.project.Dir, paths.Home(), paths.Cache()},
		Connect: func(ctx context.Context) (_ *kube.Cluster, err error) {
			if s.cluster == nil { // a person is asked once
				s.cluster, err = s.on.choose(ctx, s.app)
			}
			var wrong *kube.WrongChoiceError
			if errors.As(err, &wrong) || errors.Is(err, kube.ErrDeclined) {
				*refusal = err
			}
			return s.cluster, err
		},
		Say:            func(format string, args ...any) { fmt.Fprintf(s.Err, "fixing "+format+"\n", args...) },
		IngressAddress: func(ctx context.Context, _ *kube.Cluster) (string, error) { return s.ingressAddress(ctx) },
		InstallCertManager: func(ctx context.Context, on *kube.Cluster) (*certs.Result, error) {
			return certs.Install(ctx, certs.Options{
				Cluster: on, Issuer: certs.Issuer{Name: s.project.Issuer.Name, Type: s.project.Issuer.Type}, Timeout: s.timeout,
				MadeBy: "install-cert-manager", Images: filepath.Join(paths.Cache(), "images"),
				Say: func(format string, args ...any) { fmt.Fprintf(s.Err, "  "+format+"\n", args...) },
			})
		},
	}
	mirrors, err := k3sMirrors(s.project.Registry, nil)
	if err != nil {
		return options, err
	}
	options.K3s = k3s.Options{Mirrors: mirrors, Now: time.Now}
	if port, ok := registry.Port(s.project.Registry); ok {
		options.Registry, err = registryOptions(s.app, port, string(registry.Embedded))
	}
	return options, err
}

// said are the flags that name the cluster as a person would write them again.
func (f *clusterFlags) said() string {
	said := ""
	for _, flag := range []struct{ name, value, usual string }{
		{"cluster", f.cluster, "auto"}, {"kubeconfig", f.kubeconfig, ""}, {"context", f.context, ""},
	} {
		if flag.value != flag.usual {
			said += " --" + flag.name + " " + flag.value
		}
	}
	return said
}

func (a *app) printHealth(report *doctor.Report, fixed bool) error {
	if a.output == "json" {
		if err := json.NewEncoder(a.Out).Encode(report); err != nil {
			return err
		}
	} else {
		for _, fix := range report.Fixes {
			if fix.Error != "" {
				fmt.Fprintf(a.Out, "%s %s: %s\n", a.PaintOut(console.Red, "not fixed"), fix.Check, fix.Error)
			} else {
				fmt.Fprintf(a.Out, "%s %s: %s\n", a.PaintOut(console.Green, "fixed"), fix.Check, fix.Did)
			}
		}
		report.Write(a.Out, a.PaintOut)
	}
	if report.Healthy {
		return nil
	}
	hint := ""
	if !fixed && report.Curable() {
		hint = "\nnext: factory doctor --fix   (does what is safe of it)"
	}
	return fmt.Errorf("%d of %d checks failed%s", report.Failed(), len(report.Checks), hint)
}
