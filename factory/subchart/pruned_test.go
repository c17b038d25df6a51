package subchart_test

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"

	"github.com/helm-chart-factory/factory/factory/spec"
	"github.com/helm-chart-factory/factory/factory/subchart"
	"github.com/helm-chart-factory/factory/factory/values"
	"github.com/helm-chart-factory/factory/templates"
)

// TestPruned renders every chart of the stack and the examples with its own templates and with the whole ones, from its own values,
// from those of each environment, and without each of its keys: there must be no difference.
func TestPruned(t *testing.T) {
	projects, err := filepath.Glob("../../examples/*/" + spec.ProjectFile)
	if err != nil || len(projects) == 0 {
		t.Fatal("no examples", err)
	}
	opened, err := subchart.Open(templates.Files, nil)
	if err != nil {
		t.Fatal(err)
	}
	pruned, whole := subchart.NewRenderer(opened), subchart.NewWholeRenderer(opened)
	shorter, same := 0, 0
	for _, file := range append(projects, "../../"+spec.ProjectFile) {
		p, err := spec.Load(filepath.Dir(file))
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range p.Services {
			lean, full := loaded(t, pruned, p, s), loaded(t, whole, p, s)
			shorter += size(full) - size(lean)
			overrides := []map[string]any{{}}
			for key := range lean.Values {
				overrides = append(overrides, map[string]any{key: nil})
			}
			for _, e := range p.Environments {
				there := map[string]any{}
				for _, entry := range subchart.Difference(p, e, s.Name) {
					there[entry.Key] = plain(t, entry.Value)
				}
				overrides = append(overrides, there)
			}
			for _, over := range overrides {
				want, wrong := rendered(full, over)
				got, err := rendered(lean, over)
				if wrong != nil {
					continue // without its image or its ports, a service cannot be rendered
				}
				if err != nil {
					t.Errorf("%s %s %v: %v", file, s.Name, over, err)
					continue
				}
				same++
				for name, text := range want {
					if filepath.Base(name)[0] != '_' && filepath.Base(name) != "secret.yaml" && strings.TrimSpace(got[name]) != strings.TrimSpace(text) {
						t.Errorf("%s %s %v:\n%s\nbut with whole templates\n%s", file, name, over, got[name], text)
					}
				}
			}
		}
	}
	if shorter < 50_000 || same < 400 {
		t.Errorf("pruned by %d bytes in all, and %d renderings compared", shorter, same)
	}
}

// TestNotPruned holds that nothing is left out of templates that make values of their own.
func TestNotPruned(t *testing.T) {
	p := load(t, map[string]string{"web": "port: 80\n"})
	for own, want := range map[string]bool{`{{ $_ := set .Values "sidecars" list }}`: true, "": false} {
		c, err := renderer(t, fstest.MapFS{"NOTES.txt": {Data: []byte("n" + own)}}).Render(p, p.Service("web"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range c.Templates {
			if f.Name == "templates/_helpers.tpl" && strings.Contains(string(f.Data), ".Values.sidecars") != want {
				t.Errorf("with %q: got\n%s", own, f.Data)
			}
		}
	}
}

func loaded(t *testing.T, r *subchart.Renderer, p *spec.Project, s *spec.Service) *chart.Chart {
	t.Helper()
	rendered, err := r.Render(p, s)
	if err != nil {
		t.Fatal(err)
	}
	var files []*loader.BufferedFile
	for _, f := range rendered.Raw {
		files = append(files, &loader.BufferedFile{Name: f.Name, Data: bytes.Clone(f.Data)})
	}
	c, err := loader.LoadFiles(files)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func size(c *chart.Chart) (bytes int) {
	for _, f := range c.Templates {
		bytes += len(f.Data)
	}
	return bytes
}

// plain is a value as Helm reads it from a file.
func plain(t *testing.T, v any) any {
	t.Helper()
	text := values.Map{{Key: "v", Value: v}}.Append(nil)
	read, err := chartutil.ReadValues(text)
	if err != nil {
		t.Fatal(err)
	}
	return read["v"]
}

func rendered(c *chart.Chart, over map[string]any) (map[string]string, error) {
	release := chartutil.ReleaseOptions{Name: "r", Namespace: "n", Revision: 1, IsInstall: true}
	all, err := chartutil.ToRenderValuesWithSchemaValidation(c, over, release, chartutil.DefaultCapabilities, true)
	if err != nil {
		return nil, err
	}
	return engine.Render(c, all)
}
