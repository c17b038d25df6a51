package cmd

import (
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
