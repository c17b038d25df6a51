package cmd

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/helm-chart-factory/factory/factory/scaffold"
)

func newInit(a *app) *cobra.Command {
	r := scaffold.ProjectRequest{}
	var empty bool
	c := &cobra.Command{
		Use:   "init [DIR]",
		Short: "Begin a project",
		Long: `Begins a project in DIR, or in the folder of -C: factory.yaml with its essentials explained,
a .gitignore, the JSON Schemas that let editors complete specs, and one service that generates,
passes factory lint and can be built as it is. What is there already is left alone. Everything is
written, or nothing.`,
		Example: `  factory init shop && cd shop && factory sync
  factory init --empty                     # in this folder, without a service
  factory init shop --template api`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			r.Dir = a.dir
			if len(args) == 1 {
				r.Dir = args[0]
			}
			if empty {
				r.Template = ""
			}
			result, err := scaffold.Project(r)
			if err != nil {
				return err
			}
			next := "factory sync"
			if empty {
				next = "factory new NAME"
			}
			return a.printScaffold(result, r.Dir, next)
		},
	}
	c.Flags().StringVar(&r.Name, "name", "", "name of the project (default: that of the folder)")
	c.Flags().StringVar(&r.Template, "template", "web", "what the first service, called so, begins as: "+templateNames())
	c.Flags().BoolVar(&empty, "empty", false, "begin without a service")
	return c
}

// printScaffold prints what was written, and the command that comes next.
func (a *app) printScaffold(r *scaffold.Result, dir, next string) error {
	if dir != "." {
		next = fmt.Sprintf("factory -C %s%s", shellWord(dir), next[len("factory"):])
	}
	if a.output == "json" {
		return json.NewEncoder(a.Out).Encode(struct {
			*scaffold.Result
			Next string `json:"next"`
		}{r, next})
	}
	for _, f := range r.Files {
		fmt.Fprintf(a.Out, "wrote  %s\n", f)
	}
	for _, f := range r.Kept {
		fmt.Fprintf(a.Out, "kept   %s, which is there already\n", f)
	}
	fmt.Fprintf(a.Out, "next: %s\n", next)
	return nil
}

// shellWord writes a text so that a shell takes it for one word.
func shellWord(text string) string {
	if text != "" && strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/-") == "" {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
