package cli

import (
	"fmt"

	"github.com/spf13/cobra"
)

func newKubeconfig(t *target, streams Streams) *cobra.Command {
	return &cobra.Command{
		Use:     "kubeconfig",
		Short:   "Print the path of the admin's kubeconfig",
		Example: "  export KUBECONFIG=$(factory-cluster kubeconfig)",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			inst, err := t.instance()
			if err != nil {
				return err
			}
			if !inst.Exists() {
				return fmt.Errorf("cluster %q does not exist: start it with %s", inst.Name, inst.Command("start"))
			}
			fmt.Fprintln(streams.Out, inst.Kubeconfig())
			return nil
		},
	}
}
