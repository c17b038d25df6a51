package cmd

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/helm-chart-factory/factory/factory/console"
	"github.com/helm-chart-factory/factory/factory/importer"
	"github.com/helm-chart-factory/factory/factory/importer/draft"
)

func newImport(a *app) *cobra.Command {
	var r importer.Request
	c := &cobra.Command{
		Use:   "import FILE|DIR…",
		Short: "Write specs from Compose files or Kubernetes manifests",
		Long: `Writes services/NAME/service.yaml for every service of a Compose file, or for every workload
among Kubernetes manifests, and factory.yaml where there is none. What could not be carried over
is reported, field by field, with its place, the reason and what to do instead. Passwords and the
data of Secrets are never written into a spec. What is written loads; everything is written, or
nothing.`,
		Example: `  factory import compose.yaml
  factory import manifests/
  factory import compose.yaml compose.prod.yaml --into ../shop
  factory import . --dry-run -o json | jq '.findings[] | select(.level == "lost")'`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			r.Paths = args
			if r.Into == "" {
				r.Into = a.dir
			}
			result, err := importer.Run(r)
			if err != nil {
				return err
			}
			if a.output == "json" {
				return json.NewEncoder(a.Out).Encode(newImportReport(result, r.DryRun))
			}
			a.printImport(result, r.DryRun)
			return nil
		},
	}
	c.Flags().StringVar(&r.Into, "into", "", "write into the project in `DIR`, which is made if need be (default: that of -C)")
	c.Flags().StringSliceVar(&r.Profiles, "profile", nil, `import the services of this Compose profile too; "*" is all`)
	c.Flags().BoolVar(&r.Force, "force", false, "give up files that are in the way")
	c.Flags().BoolVar(&r.DryRun, "dry-run", false, "write nothing; print what would be written")
	return c
}

// printImport prints the files and the findings. Without writing, the files' content is the result and the findings are remarks.
func (a *app) printImport(result *importer.Result, dryRun bool) {
	out := a.Out
	if dryRun {
		for _, f := range result.Files {
			fmt.Fprintf(a.Out, "--- %s\n%s", f.Path, f.Data)
		}
		out = a.Err
	} else {
		for _, f := range result.Files {
			fmt.Fprintf(out, "wrote  %s\n", f.Path)
		}
	}
	for _, group := range []struct {
		level draft.Level
		title string
		color console.Color
	}{
		{draft.Lost, "not carried over", console.Red},
		{draft.Changed, "carried over in another way", console.Yellow},
		{draft.Check, "to be looked at", console.Green},
	} {
		first := true
		for _, f := range result.Findings {
			if f.Level != group.level {
				continue
			}
			if first {
				fmt.Fprintf(out, "\n%s\n", a.Paint(group.color, group.title))
				first = false
			}
			fmt.Fprintf(out, "  %s  %s\n      %s\n", f.At, f.Field, f.Text)
			if f.Next != "" {
				fmt.Fprintf(out, "      next: %s\n", f.Next)
			}
		}
	}
	if !dryRun {
		fmt.Fprintf(out, "\n%d services imported; see them with: factory lint\n", len(result.Services))
	}
}

type importReport struct {
	Services []importedService `json:"services"`
	Files    []importedFile    `json:"files"`
	Findings []importFinding   `json:"findings"`
	Written  bool              `json:"written"`
}

type importedService struct {
	Name string `json:"name"`
	Spec string `json:"spec"`
}

type importedFile struct {
	Path string `json:"path"`
	// Content is given when nothing is written.
	Content string `json:"content,omitempty"`
}

type importFinding struct {
	Level   string `json:"level"`
	Service string `json:"service,omitempty"`
	File    string `json:"file"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Field   string `json:"field,omitempty"`
	Text    string `json:"text"`
	Next    string `json:"next,omitempty"`
}

func newImportReport(result *importer.Result, dryRun bool) importReport {
	report := importReport{Services: []importedService{}, Files: []importedFile{}, Findings: []importFinding{}, Written: !dryRun}
	for _, s := range result.Services {
		report.Services = append(report.Services, importedService{s.Name, s.Spec()})
	}
	for _, f := range result.Files {
		file := importedFile{Path: f.Path}
		if dryRun {
			file.Content = string(f.Data)
		}
		report.Files = append(report.Files, file)
	}
	for _, f := range result.Findings {
		report.Findings = append(report.Findings, importFinding{string(f.Level), f.Service, f.At.File, f.At.Line, f.At.Column, f.Field, f.Text, f.Next})
	}
	return report
}
