package cli

import (
	"github.com/spf13/cobra"

	"github.com/helm-chart-factory/factory/cluster/addons"
	"github.com/helm-chart-factory/factory/cluster/internal/instance"
)

func newAddons(streams Streams) *cobra.Command {
	root := &cobra.Command{Use: "addons", Short: "What a cluster needs beside Kubernetes itself", Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error { return command.Help() }}
	var source string
	build := &cobra.Command{
		Use:   "build [NAME…]",
		Short: "Compile the add-ons' images that are missing or out of date into $FACTORY_CACHE/images",
		Example: `  factory-cluster addons build --source cluster/addons
  factory-cluster addons build --source cluster/addons coredns traefik`,
		ValidArgs: addons.Names(),
		RunE: func(command *cobra.Command, names []string) error {
			cache, err := instance.Cache()
			if err != nil {
				return err
			}
			return addons.Build(command.Context(), addons.BuildOptions{Source: source, Cache: cache, Names: names, Out: streams.Err})
		},
	}
	build.Flags().StringVar(&source, "source", "cluster/addons", "the add-ons' sources: the directory cluster/addons of a checkout")
	root.AddCommand(build)
	return root
}
