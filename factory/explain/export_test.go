package explain

import (
	"path"

	"go.yaml.in/yaml/v3"

	"github.com/helm-chart-factory/factory/factory/schema"
	"github.com/helm-chart-factory/factory/factory/spec"
)

// Alternatives returns what could stand in the place of what people wrote.
func Alternatives(p *spec.Project, o Origin) []string {
	text := schema.Service
	if path.Base(o.File) == spec.ProjectFile {
		text = schema.Project
	}
	keys, err := schema.Parse(text)
	if err != nil {
		panic(err)
	}
	selectors, err := parseSelectors(o.Key)
	if err != nil {
		panic(err)
	}
	var at keyPath
	for _, s := range selectors {
		at = at.name(s.text)
	}
	return otherTexts(&yaml.Node{Kind: yaml.ScalarNode, Value: o.Text}, keys, at)
}

// At returns what stands at a path of a manifest.
func At(fields map[string]any, path string) (any, bool) {
	selectors, err := parseSelectors(path)
	if err != nil {
		return nil, false
	}
	_, value, err := find(fields, selectors)
	return value, err == nil
}
