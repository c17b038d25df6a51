package cli

import (
	"context"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/helm-chart-factory/factory/cluster/internal/instance"
	"github.com/helm-chart-factory/factory/cluster/internal/lifecycle"
)

func newStart(t *target, streams Streams) *cobra.Command {
	var noNode bool
	var timeout time.Duration
	var options instance.Options
	command := &cobra.Command{
		Use:   "start",
		Short: "Start the cluster in the background and wait until it is usable",
		Example: `  factory-cluster start                          # a node that runs pods; needs root
  factory-cluster start --no-node --name test    # API server and controllers only; needs no rights`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			inst, err := t.instance()
			if err != nil {
				return err
			}
			options.Node = !noNode
			if options.Images == "" {
				cache, err := instance.Cache()
				if err != nil {
					return err
				}
				options.Images = filepath.Join(cache, "images")
			}
			if !command.Flags().Changed("ingress-ports") {
				options.IngressPorts = inst.Name == "factory"
			}
			ctx, cancel := context.WithTimeout(command.Context(), timeout)
			defer cancel()
			return lifecycle.Start(ctx, inst, options, streams.Err)
		},
	}
	flags := command.Flags()
	flags.BoolVar(&noNode, "no-node", false, "no node, so no pods: etcd, API server and controllers on loopback, without root")
	flags.StringVar(&options.Registries, "registries", "/etc/rancher/k3s/registries.yaml", "k3s' registries.yaml: mirrors and credentials for image pulls")
	flags.StringVar(&options.Images, "images", "", "directory of add-on image archives (default $FACTORY_CACHE/images)")
	flags.IntVar(&options.RegistryPort, "registry-port", 5000, "port of the host's loopback that the node's loopback reaches, too; 0 for none")
	flags.BoolVar(&options.IngressPorts, "ingress-ports", false, `forward the host's 127.0.0.1:80 and :443 to the ingress (default true for the name "factory")`)
	flags.DurationVar(&timeout, "timeout", 5*time.Minute, "how long to wait")
	return command
}
