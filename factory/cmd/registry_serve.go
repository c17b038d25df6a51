package cmd

import (
	"strconv"

	"github.com/spf13/cobra"

	"github.com/helm-chart-factory/factory/factory/paths"
	"github.com/helm-chart-factory/factory/factory/registry"
	"github.com/helm-chart-factory/factory/factory/registry/server"
	registrydata "github.com/helm-chart-factory/factory/registry"
)

// newRegistryServe is the process that setup-registry starts; it may also be run in the foreground, under a service
// manager for instance.
func newRegistryServe(a *app) *cobra.Command {
	var port int
	command := &cobra.Command{
		Use:     "registry-serve",
		Short:   "Serve the registry in the foreground",
		Example: "  factory registry-serve --port 5000",
		Args:    cobra.NoArgs,
		Hidden:  true,
		RunE: func(c *cobra.Command, _ []string) error {
			return server.Serve(c.Context(), server.Options{
				Port:   port,
				Dir:    registry.Dir(paths.Home(), port),
				Config: registrydata.Config,
				Log:    a.Err,
			})
		},
	}
	command.Flags().IntVar(&port, "port", 5000, "listen on `PORT` of the loopback addresses")
	return command
}

// registryOptions describe the registry on port of this machine; its background process is newRegistryServe.
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
