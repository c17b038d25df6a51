package cmd

import (
	"github.com/spf13/cobra"

	"github.com/helm-chart-factory/factory/factory/schema"
)

func newSchema(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "schema [service|project]",
		Short: "Print the JSON Schema of service.yaml or factory.yaml",
		Long: `Prints the JSON Schema (draft 7) of service.yaml, or with "project" that of factory.yaml: every
key with its description, default, example and possible words. With it, an editor that has a
YAML language server completes and checks specs while they are written. A spec names it in a
comment in its first line.`,
		Example: `  factory schema > service.schema.json
  factory schema project > factory.schema.json
  sed -i '1i # yaml-language-server: $schema=../../service.schema.json' services/backend/service.yaml`,
		Args:      cobra.MatchAll(cobra.MaximumNArgs(1), onlyValidArgs),
		ValidArgs: []string{"service", "project"},
		RunE: func(_ *cobra.Command, args []string) error {
			text := schema.Service
			if len(args) == 1 && args[0] == "project" {
				text = schema.Project
			}
			_, err := a.Out.Write(text)
			return err
		},
	}
}

// onlyValidArgs is cobra's check of the same name with an error that belongs to the command line.
func onlyValidArgs(c *cobra.Command, args []string) error {
	if err := cobra.OnlyValidArgs(c, args); err != nil {
		return usageError("%w; want one of: %v", err, c.ValidArgs)
	}
	return nil
}
