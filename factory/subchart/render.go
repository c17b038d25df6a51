// Package subchart turns one service into one plain Helm chart. It is a pure function: the same spec and templates give the
// same bytes.
package subchart

import (
	"fmt"
	"path"

	"helm.sh/helm/v3/pkg/chart"

	"github.com/helm-chart-factory/factory/factory/spec"
	"github.com/helm-chart-factory/factory/factory/stamp"
)

// Version is the version of every generated chart: what changes between releases is their content, which Helm compares.
const Version = "0.1.0"

// object is a template file and the condition under which a service's chart has it.
type object struct {
	file string
	used func(*spec.Service) bool
}

// objects are all files that a chart can have, in the order of their names.
func objects() []object {
	always := func(*spec.Service) bool { return true }
	kind := func(kind string) func(*spec.Service) bool {
		return func(s *spec.Service) bool { return s.Kind == kind }
	}
	return []object{
		{"NOTES.txt", always},
		{"_helpers.tpl", always},
		{"_pod.tpl", always},
		{"clusterrole.yaml", func(s *spec.Service) bool { return hasScope(s, spec.ScopeCluster) }},
		{"clusterrolebinding.yaml", func(s *spec.Service) bool { return hasScope(s, spec.ScopeCluster) }},
		{"deployment.yaml", kind(spec.Deployment)},
		{"ingress.yaml", func(s *spec.Service) bool { return s.Ingress != nil }},
		{"networkpolicy.yaml", always},
		{"pvc.yaml", func(s *spec.Service) bool { return s.Kind == spec.Deployment && hasClaims(s) }},
		{"role.yaml", func(s *spec.Service) bool { return hasScope(s, spec.ScopeNamespace) }},
		{"rolebinding.yaml", func(s *spec.Service) bool { return hasScope(s, spec.ScopeNamespace) }},
		{"secret.yaml", func(s *spec.Service) bool { return len(s.Secrets) > 0 }},
		{"service.yaml", func(s *spec.Service) bool { return len(s.Ports) > 0 }},
		{"serviceaccount.yaml", always},
		{"statefulset.yaml", kind(spec.StatefulSet)},
		{"tests/test-connection.yaml", func(s *spec.Service) bool { return testable(s) }},
	}
}

func hasScope(s *spec.Service, scope string) bool {
	for _, rule := range s.Access {
		if rule.Scope == scope {
			return true
		}
	}
	return false
}

func hasClaims(s *spec.Service) bool {
	for _, v := range s.Volumes {
		if v.Persistent() {
			return true
		}
	}
	return false
}

func testable(s *spec.Service) bool { return s.Ports[s.MainPort()].Protocol == "TCP" }

// Render returns the chart of a service. Its Raw holds every file of the chart; nothing else needs to be written.
func Render(p *spec.Project, s *spec.Service, t *Templates) (*chart.Chart, error) {
	from := path.Join(s.Dir, spec.ServiceFile)
	tree := chartValues(p, s)
	c := &chart.Chart{
		Metadata: metadata(p, s),
		Values:   tree.Tree(),
	}
	raw := func(name, from string, body []byte) *chart.File {
		f := &chart.File{Name: name, Data: stamp.Add(name, from, body)}
		c.Raw = append(c.Raw, f)
		return f
	}
	raw("Chart.yaml", from, chartYAML(c.Metadata))
	c.Files = append(c.Files, raw("README.md", from, readme(s, tree)))
	for _, o := range objects() {
		if !o.used(s) {
			continue
		}
		text, from, err := t.Text(o.file, s.Name)
		if err != nil {
			return nil, fmt.Errorf("rendering the chart of %s: %w", s.Name, err)
		}
		c.Templates = append(c.Templates, raw("templates/"+o.file, from, text))
	}
	c.Schema = raw("values.schema.json", from, valuesSchema(tree)).Data
	raw("values.yaml", from, tree.Append(nil))
	return c, nil
}

func metadata(p *spec.Project, s *spec.Service) *chart.Metadata {
	return &chart.Metadata{
		APIVersion:  chart.APIVersionV2,
		Name:        s.Name,
		Description: "The service " + s.Name + " of " + p.Name,
		Type:        "application",
		Version:     Version,
		AppVersion:  parseImage(s.Image).tag,
	}
}
