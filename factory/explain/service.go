package explain

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"go.yaml.in/yaml/v3"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"

	"github.com/helm-chart-factory/factory/factory/schema"
	"github.com/helm-chart-factory/factory/factory/spec"
	"github.com/helm-chart-factory/factory/factory/subchart"
	"github.com/helm-chart-factory/factory/factory/umbrella"
	"github.com/helm-chart-factory/factory/factory/values"
)

// Service is the service that is asked about, as it is in one environment.
type Service struct {
	project *spec.Project
	// there is the project in the environment, and service is the service there.
	there       *spec.Project
	service     *spec.Service
	name        string
	environment string
	rendering   rendering
	// random are the leaves that differ from one rendering to the next.
	random map[string]bool
	// places are those of the leaves and keys of the values, by their names.
	places    map[string]place
	templates *subchart.Templates
	// made is the same for all manifests, and seen once.
	made func() (*made, error)
	// serviceKeys and projectKeys say what the keys of the specs mean.
	serviceKeys, projectKeys *schema.Schema
}

// New prepares questions about a service of a project in an environment; "" is the project by itself. Builtin are the built-in
// templates. Nothing is written.
func New(p *spec.Project, builtin fs.FS, name, environment string) (*Service, error) {
	there, err := p.Env(environment)
	if err != nil {
		return nil, err
	}
	s := &Service{project: p, there: there, service: there.Service(name), name: name, environment: environment}
	if s.service == nil {
		return nil, wrong("there is no service %q: %s", name, names(p))
	}
	if s.serviceKeys, err = schema.Parse(schema.Service); err != nil {
		return nil, err
	}
	if s.projectKeys, err = schema.Parse(schema.Project); err != nil {
		return nil, err
	}
	if s.templates, err = subchart.Open(builtin, os.DirFS(filepath.Join(p.Dir, "templates"))); err != nil {
		return nil, err
	}
	renderer := subchart.NewWholeRenderer(s.templates)
	c, err := renderer.Render(p, p.Service(name))
	if err != nil {
		return nil, err
	}
	capabilities := chartutil.DefaultCapabilities.Copy()
	version, err := chartutil.ParseKubeVersion(kubeVersion)
	if err != nil {
		return nil, err
	}
	capabilities.KubeVersion = *version
	s.rendering = rendering{files: c.Files, metadata: *c.Metadata, values: s.values(),
		release: release{name: p.Name, namespace: there.Namespace, capabilities: capabilities}}
	for _, t := range c.Templates {
		if filepath.Base(t.Name) != "NOTES.txt" {
			s.rendering.templates = append(s.rendering.templates, t)
		}
	}
	s.random = s.rendering.randomLeaves()
	s.made = sync.OnceValues(s.makeValues)
	return s, s.numberValues(renderer, c)
}

// values returns what templates read of the service, or nil: what is made of specs that were read whole need not bear others.
func (s *Service) values() (tree map[string]any) {
	defer func() {
		if recover() != nil {
			tree = nil
		}
	}()
	tree, _ = asRead(subchart.Values(s.there, s.service)).(map[string]any)
	return tree
}

// asRead returns values as Helm reads them from a file.
func asRead(v any) any {
	switch v := v.(type) {
	case values.Map:
		out := make(map[string]any, len(v))
		for _, e := range v {
			out[e.Key] = asRead(e.Value)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = asRead(item)
		}
		return out
	case int64:
		return float64(v)
	}
	return v
}

// kubeVersion is the version of Kubernetes that templates see.
const kubeVersion = "v1.34.0"

// place is a line of a file.
type place struct {
	file string
	line int
}

// numberValues notes where the values are in the generated files: in the chart's own, or in those of the environment, which lie
// over them.
func (s *Service) numberValues(r *subchart.Renderer, c *chart.Chart) error {
	s.places = map[string]place{}
	for _, f := range c.Raw {
		if f.Name == chartutil.ValuesfileName {
			if err := s.number(umbrella.Dir+"/"+umbrella.ChartDir(s.name)+"/"+f.Name, f.Data, nil); err != nil {
				return err
			}
		}
	}
	if s.environment == "" {
		return nil
	}
	f := umbrella.EnvironmentFile(r, s.project, s.there)
	return s.number(umbrella.Dir+"/"+f.Name, f.Data, keyPath{{name: s.name}})
}

// number notes the lines of what a YAML file has below a path.
func (s *Service) number(file string, data []byte, below keyPath) error {
	var root yaml.Node
	if err := yaml.Unmarshal(data, &root); err != nil {
		return fmt.Errorf("reading %s: %w", file, err)
	}
	var walk func(n *yaml.Node, at keyPath)
	walk = func(n *yaml.Node, at keyPath) {
		switch n.Kind {
		case yaml.MappingNode:
			for i := 0; i+1 < len(n.Content); i += 2 {
				next := at.name(n.Content[i].Value)
				s.places[next.String()] = place{file, n.Content[i].Line}
				walk(n.Content[i+1], next)
			}
		case yaml.SequenceNode:
			for i, item := range n.Content {
				s.places[at.item(i).String()] = place{file, item.Line}
				walk(item, at.item(i))
			}
		}
	}
	for _, n := range root.Content {
		for _, step := range below {
			n = valueOf(n, step.name)
		}
		if n != nil {
			walk(n, nil)
		}
	}
	return nil
}

func valueOf(n *yaml.Node, key string) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

// keyName is the name of a key of the values in a picture, where leaves have the name of their path.
func keyName(p keyPath) string { return "key " + p.String() }

// valuesPicture shows what a service gives its templates to read.
func (s *Service) valuesPicture(values map[string]any) picture {
	if values == nil {
		return nil
	}
	seen := picture{".Chart.Name": s.name, ".Chart.Version": subchart.Version, ".Release.Name": s.there.Name, ".Release.Namespace": s.there.Namespace}
	for _, l := range leaves(values) {
		seen[l.path.String()] = fmt.Sprintf("%T %v", l.value, l.value)
		for i, step := range l.path {
			if step.name != "" {
				seen[keyName(l.path[:i+1])] = step.name
			}
		}
	}
	return seen
}
