package umbrella_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"

	"github.com/helm-chart-factory/factory/factory/spec"
	"github.com/helm-chart-factory/factory/factory/umbrella"
	"github.com/helm-chart-factory/factory/templates"
)

// TestAnySpecInAnEnvironment makes each of the golden specs of the package subchart into each other one of its kind by an
// environment: what the environment renders is what the other spec renders. So every key of the specs is added, changed and taken
// away by some environment.
func TestAnySpecInAnEnvironment(t *testing.T) {
	specs := goldenSpecs(t)
	neighbours := map[string]string{}
	for name, root := range specs {
		neighbours["services/"+name+"/service.yaml"] = text(t, addressable(root))
	}
	pairs := 0
	for _, from := range slices.Sorted(maps.Keys(specs)) {
		for _, to := range slices.Sorted(maps.Keys(specs)) {
			if from == to || kindOf(specs[from]) != kindOf(specs[to]) {
				continue
			}
			pairs++
			before, after := maps.Clone(neighbours), maps.Clone(neighbours)
			before["factory.yaml"] = "version: 1\nenvironments: {other: {}}\n"
			before["services/subject/service.yaml"] = text(t, specs[from])
			before["services/subject/service.other.yaml"] = text(t, override(without(specs[from], "kind"), without(specs[to], "kind")))
			after["factory.yaml"] = "version: 1\n"
			after["services/subject/service.yaml"] = text(t, specs[to])
			c := inMemory(t, project(t, before))
			i := slices.IndexFunc(c.Files, func(f *chart.File) bool { return f.Name == umbrella.ValuesFile("other") })
			values, err := chartutil.ReadValues(c.Files[i].Data)
			if err != nil {
				t.Fatal(err)
			}
			same(t, from+" as "+to, rendered(t, c, values), rendered(t, inMemory(t, project(t, after)), map[string]any{}))
		}
	}
	if pairs < 20 {
		t.Errorf("only %d pairs", pairs)
	}
}

func inMemory(t *testing.T, dir string) *chart.Chart {
	t.Helper()
	p, err := spec.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	c, err := umbrella.Load(p, templates.Files)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func goldenSpecs(t *testing.T) map[string]*yaml.Node {
	t.Helper()
	paths, err := filepath.Glob("../subchart/testdata/*.yaml")
	if err != nil || len(paths) == 0 {
		t.Fatal("no specs", err)
	}
	specs := map[string]*yaml.Node{}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var document yaml.Node
		if err := yaml.Unmarshal(data, &document); err != nil {
			t.Fatal(err)
		}
		root := &yaml.Node{Kind: yaml.MappingNode}
		if len(document.Content) > 0 {
			root = document.Content[0]
		}
		specs[strings.TrimSuffix(filepath.Base(path), ".yaml")] = root
	}
	return specs
}

func text(t *testing.T, n *yaml.Node) string {
	t.Helper()
	data, err := yaml.Marshal(n)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func get(n *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

func kindOf(root *yaml.Node) string {
	if kind := get(root, "kind"); kind != nil {
		return kind.Value
	}
	return "Deployment"
}

// addressable is as much of a spec as others refer to: its image, its ports and its secrets.
func addressable(root *yaml.Node) *yaml.Node {
	out := &yaml.Node{Kind: yaml.MappingNode}
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, value := root.Content[i], root.Content[i+1]
		switch key.Value {
		case "ports":
			ports := &yaml.Node{Kind: yaml.MappingNode}
			for j := 0; j+1 < len(value.Content); j += 2 {
				ports.Content = append(ports.Content, value.Content[j], without(value.Content[j+1], "nodePort"))
			}
			out.Content = append(out.Content, key, ports)
		case "image", "port", "secrets":
			out.Content = append(out.Content, key, value)
		}
	}
	return out
}

// override returns what an environment has to say over one spec to make it another.
func override(from, to *yaml.Node) *yaml.Node {
	out := &yaml.Node{Kind: yaml.MappingNode}
	for i := 0; i+1 < len(to.Content); i += 2 {
		key, value := to.Content[i], to.Content[i+1]
		before := get(from, key.Value)
		if before != nil && before.Kind == yaml.MappingNode && value.Kind == yaml.MappingNode {
			value = override(before, value)
		}
		out.Content = append(out.Content, key, value)
	}
	for i := 0; i+1 < len(from.Content); i += 2 {
		if key := from.Content[i]; get(to, key.Value) == nil {
			out.Content = append(out.Content, key, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"})
		}
	}
	return out
}

// without returns a mapping without a key.
func without(n *yaml.Node, key string) *yaml.Node {
	if n.Kind != yaml.MappingNode {
		return n
	}
	out := &yaml.Node{Kind: yaml.MappingNode}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value != key {
			out.Content = append(out.Content, n.Content[i], n.Content[i+1])
		}
	}
	return out
}
