package cmd

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/helm-chart-factory/factory/factory/paths"
	"github.com/helm-chart-factory/factory/factory/registry"
	registrydata "github.com/helm-chart-factory/factory/registry"
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
			o, err := registryOptions(a, port, runtime)
			if err != nil {
				return err
			}
			if stop {
				stopped, err := registry.Stop(c.Context(), o, purge)
				if err == nil && !stopped {
					fmt.Fprintln(a.Err, "no registry of factory's was running")
				}
				return err
			}
			result, err := registry.Setup(c.Context(), o)
			if err != nil {
				return err
			}
			return a.printRegistry(result)
		},
	}
	command.Flags().IntVar(&port, "port", 0, "listen on `PORT` (default: the port of registry in factory.yaml)")
	command.Flags().StringVar(&runtime, "runtime", string(registry.Embedded), "embedded, or docker for a container")
	command.Flags().BoolVar(&stop, "stop", false, "stop the registry that this command started")
	command.Flags().BoolVar(&purge, "purge", false, "with --stop: delete its images too")
	return command
}

func registryOptions(a *app, port int, runtime string) (registry.Options, error) {
	if port == 0 {
		port = 5000
	}
	if port < 1 || port > 65535 {
		return registry.Options{}, usageError("--port %d: want 1 to 65535", port)
	}
	if runtime != string(registry.Embedded) && runtime != string(registry.Docker) {
		return registry.Options{}, usageError("--runtime %q: want %s or %s", runtime, registry.Embedded, registry.Docker)
	}
	return registry.Options{
		Port:    port,
		Dir:     registry.Dir(paths.Home(), port),
		Config:  registrydata.Config,
		Serve:   []string{"/proc/self/exe", "registry-serve", "--port", strconv.Itoa(port)},
		Runtime: registry.Runtime(runtime),
	}, nil
}

func (a *app) printRegistry(result registry.Result) error {
	if a.output == "json" {
		return json.NewEncoder(a.Out).Encode(result)
	}
	if result.Note != "" {
		fmt.Fprintln(a.Err, result.Note)
	}
	state := "already running"
	if result.Started {
		state = "started"
	}
	fmt.Fprintf(a.Err, "registry %s: %s (%s)\n", result.Address, state, result.Runtime)
	return nil
}
