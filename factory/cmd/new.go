package cmd

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/helm-chart-factory/factory/factory/scaffold"
)

func newNew(a *app) *cobra.Command {
	var template string
	templates := &strings.Builder{}
	for _, t := range scaffold.Templates() {
		fmt.Fprintf(templates, "  %-10s %s\n", t.Name, t.Summary)
	}
	c := &cobra.Command{
		Use:   "new NAME",
		Short: "Add a service to the project",
		Long: `Adds services/NAME/ to the project: a commented service.yaml, and what its image is built from
where it is not a ready one. It generates and passes factory lint as it is. A folder that is there
already is left alone. Everything is written, or nothing. The templates:

` + templates.String(),
		Example: `  factory new orders --template api
  factory new database --template postgres`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			result, err := scaffold.Service(a.dir, args[0], template)
			if err != nil {
				return err
			}
			return a.printScaffold(result, a.dir, "factory sync")
		},
	}
	c.Flags().StringVar(&template, "template", "api", "what it begins as: "+templateNames())
	c.RegisterFlagCompletionFunc("template", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return strings.Split(templateNames(), ", "), cobra.ShellCompDirectiveNoFileComp
	})
	return c
}

func templateNames() string {
	var names []string
	for _, t := range scaffold.Templates() {
		names = append(names, t.Name)
	}
	return strings.Join(names, ", ")
}
