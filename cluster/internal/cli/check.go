package cli

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/helm-chart-factory/factory/cluster/internal/preflight"
)

func newCheck(streams Streams) *cobra.Command {
	var output string
	command := &cobra.Command{
		Use:     "check",
		Short:   "Tell whether this machine can run a node, and what is missing; exit code 1 if it cannot",
		Example: "  factory-cluster check -o json",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if err := preflight.UseSystemPath(); err != nil {
				return err
			}
			report := preflight.Check()
			switch output {
			case "":
				if report.Node {
					fmt.Fprintf(streams.Out, "this machine can run a node (control groups: %s)\n", report.Cgroup)
				}
			case "json":
				encoder := json.NewEncoder(streams.Out)
				encoder.SetIndent("", "  ")
				if err := encoder.Encode(report); err != nil {
					return err
				}
			default:
				return usageError{fmt.Errorf("output format %q: only json is known", output)}
			}
			return report.Error()
		},
	}
	command.Flags().StringVarP(&output, "output", "o", "", "json for programs")
	return command
}

func newAptPackages(streams Streams) *cobra.Command {
	return &cobra.Command{
		Use:     "apt-packages",
		Short:   "Print the Debian packages that a node needs",
		Example: "  apt-get install $(factory-cluster apt-packages)",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(streams.Out, strings.Join(preflight.Packages(), " "))
			return err
		},
	}
}
