// Package umbrella puts the charts of a project's services together into one chart, which is released as a whole.
package umbrella

import (
	"fmt"
	"strconv"

	"helm.sh/helm/v3/pkg/chart"

	"github.com/helm-chart-factory/factory/factory/spec"
	"github.com/helm-chart-factory/factory/factory/subchart"
	"github.com/helm-chart-factory/factory/factory/values"
)

// Dir is the folder of the umbrella chart in a project.
const Dir = "umbrella-chart"

// Build returns the umbrella of the given charts, in their order, each behind the condition <name>.enabled. A dependency has
// no repository, so that Helm takes the chart from charts/ and asks for no `helm dependency build`. Its Raw holds the
// umbrella's own files; those of the subcharts stay with them, and are not looked at.
func Build(p *spec.Project, charts []*chart.Chart, r *subchart.Renderer) (*chart.Chart, error) {
	c := &chart.Chart{Metadata: &chart.Metadata{
		APIVersion:  chart.APIVersionV2,
		Name:        p.Name,
		Description: "All services of " + p.Name + ", released as one",
		Version:     subchart.Version,
		Annotations: map[string]string{generatorAnnotation: strconv.Itoa(Generator)},
	}}
	tree := make(values.Map, 0, len(charts))
	for _, sub := range charts {
		c.Metadata.Dependencies = append(c.Metadata.Dependencies, &chart.Dependency{
			Name: sub.Name(), Version: sub.Metadata.Version, Condition: sub.Name() + ".enabled",
		})
		tree = append(tree, values.Entry{Key: sub.Name(), Value: values.Map{{Key: "enabled", Value: p.Service(sub.Name()).Enabled, Comment: switchText(sub.Name())}}})
	}
	c.AddDependency(charts...)
	raw := func(f *chart.File) *chart.File {
		c.Raw = append(c.Raw, f)
		return f
	}
	raw(r.File("Chart.yaml", spec.ProjectFile, chartYAML(c.Metadata).Append))
	c.Files = []*chart.File{raw(r.File("README.md", spec.ProjectFile, func(b []byte) []byte { return readme(b, p, c.Metadata) }))}
	notes, err := r.Template("umbrella/NOTES.txt", "templates/NOTES.txt", p.Name, nil)
	if err != nil {
		return nil, fmt.Errorf("building the umbrella chart: %w", err)
	}
	c.Templates = []*chart.File{raw(notes)}
	c.Schema = raw(r.File("values.schema.json", spec.ProjectFile, func(b []byte) []byte { return schema(b, charts) })).Data
	raw(r.File("values.yaml", spec.ProjectFile, func(b []byte) []byte {
		return tree.Append(append(b, "# What each service takes is in its charts/<name>/values.yaml, and can be set here below its name.\n"...))
	}))
	for _, e := range p.Environments {
		c.Files = append(c.Files, raw(EnvironmentFile(r, p, e)))
	}
	return c, nil
}

func chartYAML(m *chart.Metadata) values.Map {
	dependencies := make([]any, len(m.Dependencies))
	for i, d := range m.Dependencies {
		dependencies[i] = values.Map{
			{Key: "name", Value: d.Name},
			{Key: "version", Value: d.Version},
			{Key: "condition", Value: d.Condition},
		}
	}
	return values.Map{
		{Key: "apiVersion", Value: m.APIVersion},
		{Key: "name", Value: m.Name},
		{Key: "description", Value: m.Description},
		{Key: "version", Value: m.Version},
		{Key: "annotations", Value: values.Map{{Key: generatorAnnotation, Value: m.Annotations[generatorAnnotation]}}},
		{Key: "dependencies", Value: dependencies},
	}
}

// schema lists the names only: what each chart takes is in its own schema.
func schema(b []byte, charts []*chart.Chart) []byte {
	b = append(b, "  \"$schema\": \"http://json-schema.org/draft-07/schema#\",\n  \"type\": \"object\",\n"+
		"  \"propertyNames\": {\n    \"enum\": [\n      \"global\""...)
	for _, c := range charts {
		b = fmt.Appendf(b, ",\n      %q", c.Name())
	}
	return append(b, "\n    ]\n  }\n}\n"...)
}

func readme(b []byte, p *spec.Project, m *chart.Metadata) []byte {
	b = fmt.Appendf(b, "# %s\n\nThe umbrella chart of %s:\n\n    helm upgrade --install %s %s/ -n %s --create-namespace\n\n", m.Name, m.Name, m.Name, Dir, p.Namespace)
	b = readmeEnvironments(b, p)
	table := make(values.Map, len(m.Dependencies))
	for i, d := range m.Dependencies {
		table[i] = values.Entry{Key: d.Condition, Value: p.Service(d.Name).Enabled, Comment: switchText(d.Name)}
	}
	return table.AppendTable(b)
}

func switchText(service string) string {
	return "Release [" + service + "](charts/" + service + "/README.md) with the rest."
}
