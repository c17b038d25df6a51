package cmd

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/helm-chart-factory/factory/factory/registry"
	"github.com/helm-chart-factory/factory/factory/registry/k3s"
)

func newSetupRegistry(a *app) *cobra.Command {
	var stop, purge bool
	var port int
	var runtime string
	command := &cobra.Command{
		Use:   "setup-registry",
		Short: "Run an image registry at localhost:5000 and tell k3s about it",
		Long: `Starts an image registry in the background, on loopback only, and then does what configure-k3s-registry
does. A registry that already answers on the port is used as it is. Images are kept across restarts.`,
		Example: `  factory setup-registry
  factory setup-registry --runtime docker    # the container local-registry
  factory setup-registry --stop --purge      # end it and delete the images`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if purge && !stop {
				return usageError("--purge deletes the images of a registry that is stopped: say --stop --purge")
			}
			address, err := projectRegistry(a)
			if err != nil {
				return err
			}
			if port == 0 && !registry.IsLocal(address) {
				return usageError("the project's registry %s is not on this machine: there is none to set up here", address)
			}
			if port == 0 {
				port, _ = registry.Port(address)
			} else {
				address = "localhost:" + strconv.Itoa(port)
			}
			o, err := registryOptions(a, port, runtime)
			if err != nil {
				return err
			}
			if stop {
				return a.stopRegistry(c.Context(), o, purge)
			}
			return a.setupRegistry(c.Context(), o, address)
		},
	}
	command.Flags().IntVar(&port, "port", 0, "listen on `PORT` (default: the port of registry in factory.yaml)")
	command.Flags().StringVar(&runtime, "runtime", string(registry.Embedded), "embedded, or docker for a container")
	command.Flags().BoolVar(&stop, "stop", false, "stop the registry that this command started")
	command.Flags().BoolVar(&purge, "purge", false, "with --stop: delete its images too")
	return command
}

func (a *app) setupRegistry(ctx context.Context, o registry.Options, address string) error {
	result, err := registry.Setup(ctx, o)
	if err != nil {
		return err
	}
	if result.Note != "" {
		fmt.Fprintln(a.Err, result.Note)
	}
	state := "already running"
	if result.Started {
		state = "started"
	}
	fmt.Fprintf(a.Err, "registry %s: %s (%s)\n", result.Address, state, result.Runtime)
	if a.output == "json" {
		if err := json.NewEncoder(a.Out).Encode(result); err != nil {
			return err
		}
	}
	host := k3s.Host{}
	if !host.Installed() {
		return nil
	}
	mirrors, err := k3sMirrors(address, nil)
	if err != nil {
		return err
	}
	configured, err := k3s.Configure(ctx, k3s.Options{Mirrors: mirrors, Host: host, Now: time.Now})
	if err == nil {
		a.sayConfigured(configured)
	}
	return err
}

func (a *app) stopRegistry(ctx context.Context, o registry.Options, purge bool) error {
	stopped, err := registry.Stop(ctx, o, purge)
	if err == nil && !stopped {
		fmt.Fprintln(a.Err, "no registry of factory's was running")
	}
	return err
}
