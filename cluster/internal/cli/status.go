package cli

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/helm-chart-factory/factory/cluster/internal/lifecycle"
)

func newStatus(t *target, streams Streams) *cobra.Command {
	var output string
	command := &cobra.Command{
		Use:     "status",
		Short:   "Tell whether the cluster runs, and where",
		Example: "  factory-cluster status -o json",
		Args:    cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			inst, err := t.instance()
			if err != nil {
				return err
			}
			status, err := lifecycle.Inspect(command.Context(), inst)
			if err != nil {
				return err
			}
			switch output {
			case "":
				fmt.Fprint(streams.Out, status.Text())
				return nil
			case "json":
				encoder := json.NewEncoder(streams.Out)
				encoder.SetIndent("", "  ")
				return encoder.Encode(status)
			default:
				return usageError{fmt.Errorf("output format %q: only json is known", output)}
			}
		},
	}
	command.Flags().StringVarP(&output, "output", "o", "", "json for programs")
	return command
}
