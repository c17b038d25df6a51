package cmd

import (
	"github.com/spf13/cobra"

	"github.com/helm-chart-factory/factory/factory/cluster"
	"github.com/helm-chart-factory/factory/factory/console"
	"github.com/helm-chart-factory/factory/factory/paths"
)

func newCluster(a *app) *cobra.Command {
	command := &cobra.Command{
		Use:   "cluster",
		Short: "A real one-node Kubernetes for a machine that has none",
		Long: `Runs upstream Kubernetes on this machine, in namespaces of its own: one process to stop, nothing installed,
no rule added to the host's firewall. The first start builds it from source, which takes minutes.`,
		Example: `  factory cluster start               # a node with DNS, storage, ingress and metrics (root)
  factory cluster start --no-node     # the API server alone, in seconds, without root
  KUBECONFIG=$(factory cluster kubeconfig) kubectl get nodes`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	command.AddCommand(newClusterBuild(a), newClusterStart(a), newClusterStop(a), newClusterStatus(a), newClusterKubeconfig(a), newClusterKubectl(a))
	return command
}

func newClusterStart(a *app) *cobra.Command {
	var noNode bool
	command := &cobra.Command{
		Use:     "start",
		Short:   "Start the cluster in the background and wait until it is usable",
		Example: "  factory cluster start\n  factory cluster start --no-node",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return console.RunSteps(c.Context(), a.Streams, cluster.StartSteps(cluster.StartOptions{Dir: a.dir, NoNode: noNode}))
		},
	}
	command.Flags().BoolVar(&noNode, "no-node", false, "API server, controllers and etcd alone: no pods run, no root needed")
	return command
}

func newClusterBuild(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "build",
		Short:   "Build what start needs: the program and the add-on images",
		Example: "  factory cluster build",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return console.RunSteps(c.Context(), a.Streams, cluster.BuildSteps(a.dir))
		},
	}
}

func newClusterStop(a *app) *cobra.Command {
	var purge bool
	command := &cobra.Command{
		Use:     "stop",
		Short:   "Stop the cluster; its data stays unless --purge",
		Example: "  factory cluster stop\n  factory cluster stop --purge    # and delete its data",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return cluster.Stop(c.Context(), cluster.StopOptions{Dir: a.dir, Purge: purge, Progress: a.Err})
		},
	}
	command.Flags().BoolVar(&purge, "purge", false, "delete the cluster's data, volumes included")
	return command
}

func newClusterStatus(a *app) *cobra.Command {
	return clusterPassThrough(a, &cobra.Command{
		Use:     "status",
		Short:   "Tell whether the cluster runs, and where",
		Example: "  factory cluster status\n  factory cluster status -o json",
		Args:    cobra.NoArgs,
	}, func([]string) []string {
		args := []string{"status", "--name", paths.Instance()}
		if a.output == "json" {
			args = append(args, "-o", "json")
		}
		return args
	})
}

func newClusterKubeconfig(a *app) *cobra.Command {
	return clusterPassThrough(a, &cobra.Command{
		Use:     "kubeconfig",
		Short:   "Print the path of the cluster's kubeconfig",
		Example: "  export KUBECONFIG=$(factory cluster kubeconfig)",
		Args:    cobra.NoArgs,
	}, func([]string) []string { return []string{"kubeconfig", "--name", paths.Instance()} })
}

func newClusterKubectl(a *app) *cobra.Command {
	return clusterPassThrough(a, &cobra.Command{
		Use:     "kubectl -- ARGS...",
		Short:   "Run kubectl against the cluster",
		Example: "  factory cluster kubectl -- get pods -A",
	}, func(args []string) []string { return append([]string{"kubectl"}, args...) })
}

// clusterPassThrough makes command run factory-cluster with what arguments returns, on this run's own streams.
func clusterPassThrough(a *app, command *cobra.Command, arguments func([]string) []string) *cobra.Command {
	command.RunE = func(c *cobra.Command, args []string) error {
		program, err := cluster.FindBuilt(c.Context(), a.dir, a.Err)
		if err != nil {
			return err
		}
		return program.Exec(c.Context(), a.In, a.Out, a.Err, arguments(args)...)
	}
	return command
}
