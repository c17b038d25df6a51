package lint

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"
	helmlint "helm.sh/helm/v3/pkg/lint"
	"helm.sh/helm/v3/pkg/lint/support"

	"github.com/helm-chart-factory/factory/factory/lint/rendered"
)

// helm runs Helm's own lint on the umbrella, with an environment's values, and on each subchart, in a copy: it reads charts
// from disk only.
func (f *findings) helm(ctx context.Context, c *chart.Chart, values map[string]any, kubeVersion string) error {
	report := f.by(helmRule())
	dir, err := os.MkdirTemp("", "factory-lint-")
	if err != nil {
		return fmt.Errorf("making room for helm lint: %w", err)
	}
	defer os.RemoveAll(dir)
	if err := writeChart(dir, c); err != nil {
		return fmt.Errorf("writing the charts for helm lint: %w", err)
	}
	version, err := chartutil.ParseKubeVersion(kubeVersion)
	if err != nil {
		return err
	}
	judge := func(service, folder string, values map[string]any) {
		found := helmlint.AllWithKubeVersion(folder, values, f.project.Namespace, version)
		for _, message := range found.Messages {
			// Versions of the API that end are told by a rule of their own, which knows more of them.
			if message.Severity >= support.WarningSev && !strings.Contains(message.Err.Error(), " is deprecated in v") {
				report(&rendered.Object{Service: service, Template: message.Path}, nil, "%v", message.Err)
			}
		}
	}
	judge("", dir, values)
	if f.project != f.projects[0] {
		return nil // by itself a chart of a service has no environments, and was judged already
	}
	for _, sub := range c.Dependencies() {
		if err := ctx.Err(); err != nil {
			return err
		}
		judge(sub.Name(), filepath.Join(dir, "charts", sub.Name()), map[string]any{})
	}
	return nil
}

func writeChart(dir string, c *chart.Chart) error {
	for _, f := range c.Raw {
		path := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, f.Data, 0o644); err != nil {
			return err
		}
	}
	for _, sub := range c.Dependencies() {
		if err := writeChart(filepath.Join(dir, "charts", sub.Name()), sub); err != nil {
			return err
		}
	}
	return nil
}
