package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/helm-chart-factory/factory/factory/certs"
	"github.com/helm-chart-factory/factory/factory/deploy"
	"github.com/helm-chart-factory/factory/factory/deploy/progress"
	"github.com/helm-chart-factory/factory/factory/paths"
)

func newInstallCertManager(a *app) *cobra.Command {
	var on clusterFlags
	var env environmentFlag
	var timeout time.Duration
	command := &cobra.Command{
		Use:   "install-cert-manager",
		Short: "Install cert-manager and the issuer of the factory's certificates",
		Long: `Installs the pinned cert-manager by its official chart, from its registry or, out of its reach, from its Go
module, and the ClusterIssuer that factory.yaml names. A cert-manager that is there already is used as it is.
It is done when cert-manager accepts a certificate and the issuer is Ready.`,
		Example: `  factory install-cert-manager
  factory install-cert-manager --cluster k3s`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			project, err := env.load(a)
			if err != nil {
				return err
			}
			cluster, err := on.choose(c.Context(), a)
			if err != nil {
				return err
			}
			return a.installCertManager(c.Context(), certs.Options{
				Cluster: cluster, Issuer: certs.Issuer{Name: project.Issuer.Name, Type: project.Issuer.Type},
				Timeout: timeout, MadeBy: "install-cert-manager", Images: filepath.Join(paths.Cache(), "images"),
			})
		},
	}
	on.bind(command)
	env.bind(a, command)
	command.Flags().BoolVarP(&on.yes, "yes", "y", false, "do not ask")
	command.Flags().DurationVar(&timeout, "timeout", 5*time.Minute, "how long everything may take")
	return command
}

func (a *app) installCertManager(ctx context.Context, opts certs.Options) error {
	printer := progress.New(a.Streams)
	opts.Show, opts.Say = printer.Show, printer.Say
	var failed failure
	opts.Failed = func(found *deploy.Evidence) {
		printer.Clear()
		failed.show(a, found)
	}
	result, err := certs.Install(ctx, opts)
	printer.Done()
	if err != nil {
		return errors.Join(err, failed.print(a))
	}
	if a.output == "json" {
		return json.NewEncoder(a.Out).Encode(result)
	}
	what := "already there"
	if result.Changed {
		what = "installed"
	}
	_, err = fmt.Fprintf(a.Out, "cert-manager %s answers and ClusterIssuer %s is Ready (%s)\n", result.Version, result.Issuer, what)
	return err
}
