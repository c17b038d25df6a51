package cmd

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/helm-chart-factory/factory/factory/scaffold"
	"github.com/helm-chart-factory/factory/factory/schema"
)

func newSchema(a *app) *cobra.Command {
	var write bool
	c := &cobra.Command{
		Use:   "schema [service|project]",
		Short: "Print the JSON Schema of service.yaml or factory.yaml",
		Long: `Prints the JSON Schema (draft 7) of service.yaml, or with "project" that of factory.yaml: every
key with its description, default, example and possible words. With it, an editor that has a
YAML language server completes and checks specs while they are written. A spec names it in a
comment in its first line, as those do that factory init and factory new write.

With --write, both go to .factory/ in the project, where factory init put them: after an update of
factory, editors know its new keys from then on.`,
		Example: `  factory schema > service.schema.json
  factory schema --write
  sed -i '1i # yaml-language-server: $schema=../../.factory/service.schema.json' services/backend/service.yaml`,
		Args:      cobra.MatchAll(cobra.MaximumNArgs(1), onlyValidArgs),
		ValidArgs: []string{"service", "project"},
		RunE: func(_ *cobra.Command, args []string) error {
			if write {
				return a.renewSchemas(args)
			}
			text := schema.Service
			if len(args) == 1 && args[0] == "project" {
				text = schema.Project
			}
			_, err := a.Out.Write(text)
			return err
		},
	}
	c.Flags().BoolVar(&write, "write", false, "write both into .factory/ of the project")
	return c
}

func (a *app) renewSchemas(args []string) error {
	if len(args) > 0 {
		return usageError("--write writes both schemas: leave %s out", args[0])
	}
	result, err := scaffold.RenewSchemas(a.dir)
	if err != nil {
		return err
	}
	for _, f := range result.Files {
		fmt.Fprintf(a.Out, "wrote  %s\n", f)
	}
	return nil
}

// onlyValidArgs is cobra's check of the same name with an error that belongs to the command line.
func onlyValidArgs(c *cobra.Command, args []string) error {
	if err := cobra.OnlyValidArgs(c, args); err != nil {
		return usageError("%w; want one of: %v", err, c.ValidArgs)
	}
	return nil
}
