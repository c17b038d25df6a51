package cli

import (
	"github.com/spf13/cobra"

	"github.com/helm-chart-factory/factory/cluster/internal/lifecycle"
)

func newStop(t *target, streams Streams) *cobra.Command {
	var purge bool
	command := &cobra.Command{
		Use:     "stop",
		Short:   "Stop the cluster and everything in it",
		Example: "  factory-cluster stop --name test --purge    # and forget it",
		Args:    cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			inst, err := t.instance()
			if err != nil {
				return err
			}
			return lifecycle.Stop(command.Context(), inst, purge, streams.Err)
		},
	}
	command.Flags().BoolVar(&purge, "purge", false, "also remove its state: objects, volumes, images, logs")
	return command
}
