package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/helm-chart-factory/factory/factory/registry"
	"github.com/helm-chart-factory/factory/factory/registry/k3s"
	"github.com/helm-chart-factory/factory/factory/spec"
)

func newConfigureK3sRegistry(a *app) *cobra.Command {
	var file string
	var dryRun bool
	var extra []string
	command := &cobra.Command{
		Use:   "configure-k3s-registry",
		Short: "Let this machine's k3s pull from the project's registry",
		Long: `Merges the registry of factory.yaml into ` + k3s.DefaultFile + `. Comments, other mirrors and
credentials stay as they are, the old file is kept beside the new one, and k3s is restarted only when something changed.`,
		Example: `  factory configure-k3s-registry --dry-run
  factory configure-k3s-registry --mirror registry.local=http://localhost:5000
  factory configure-k3s-registry --file ./registries.yaml`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			address, err := projectRegistry(a)
			if err != nil {
				return err
			}
			mirrors, err := k3sMirrors(address, extra)
			if err != nil {
				return err
			}
			return a.configureK3s(c.Context(), k3s.Options{File: file, Mirrors: mirrors, DryRun: dryRun, Now: time.Now})
		},
	}
	command.Flags().StringVar(&file, "file", "", "merge into `FILE` (default: "+k3s.DefaultFile+", where there is a k3s)")
	command.Flags().BoolVar(&dryRun, "dry-run", false, "print the difference and change nothing")
	command.Flags().StringArrayVar(&extra, "mirror", nil, "let images called `NAME=URL` be pulled from URL too (repeatable)")
	return command
}

func (a *app) configureK3s(ctx context.Context, o k3s.Options) error {
	result, err := k3s.Configure(ctx, o)
	if err != nil {
		return err
	}
	if a.output == "json" {
		return json.NewEncoder(a.Out).Encode(result)
	}
	if o.DryRun {
		fmt.Fprint(a.Out, result.Diff)
	}
	if !o.DryRun || !result.Changed {
		a.sayConfigured(result)
	}
	return nil
}

func (a *app) sayConfigured(result k3s.Result) {
	switch {
	case result.Changed:
		fmt.Fprintf(a.Err, "merged into %s\n", result.File)
	case result.File != "":
		fmt.Fprintf(a.Err, "%s is up to date\n", result.File)
	}
	if result.Backup != "" {
		fmt.Fprintf(a.Err, "the old file is kept as %s\n", result.Backup)
	}
	if result.Restarted != "" {
		fmt.Fprintf(a.Err, "restarted %s\n", result.Restarted)
	}
	if result.Note != "" {
		fmt.Fprintln(a.Err, result.Note)
	}
}

// k3sMirrors are the mirrors that the project needs: its registry where that is on this machine (any other speaks HTTPS
// under its own name already), and what --mirror adds.
func k3sMirrors(address string, extra []string) ([]k3s.Mirror, error) {
	var mirrors []k3s.Mirror
	if host, _, _ := strings.Cut(address, "/"); registry.IsLocal(address) {
		mirrors = append(mirrors, k3s.Mirror{Name: host, Endpoints: []string{"http://" + host}})
	}
	for _, pair := range extra {
		name, url, found := strings.Cut(pair, "=")
		if !found || name == "" || !strings.HasPrefix(url, "http://") && !strings.HasPrefix(url, "https://") {
			return nil, usageError("--mirror %q: want NAME=URL, such as registry.local=http://localhost:5000", pair)
		}
		mirrors = append(mirrors, k3s.Mirror{Name: name, Endpoints: []string{url}})
	}
	return mirrors, nil
}

// projectRegistry is the registry of the project in the directory, or the usual one where there is no project.
func projectRegistry(a *app) (string, error) {
	project, err := spec.Load(a.dir)
	var problems spec.Problems
	switch {
	case err == nil:
		return project.Registry, nil
	case errors.As(err, &problems):
		return "", err
	default:
		return registry.DefaultAddress, nil
	}
}
