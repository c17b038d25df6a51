package umbrella

import (
	"fmt"

	"helm.sh/helm/v3/pkg/chart"

	"github.com/helm-chart-factory/factory/factory/spec"
	"github.com/helm-chart-factory/factory/factory/subchart"
	"github.com/helm-chart-factory/factory/factory/values"
)

// ValuesFile is the file of the umbrella chart that says what differs in an environment.
func ValuesFile(environment string) string { return "values-" + environment + ".yaml" }

// EnvironmentFile returns the file that says what differs in an environment of the project.
func EnvironmentFile(r *subchart.Renderer, p, e *spec.Project) *chart.File {
	return r.File(ValuesFile(e.Environment), spec.ProjectFile, func(b []byte) []byte { return environmentValues(b, p, e) })
}

// environmentValues writes what differs in an environment, below the name of each service. Helm takes a null there for a key that
// goes away, and the chart has a value of its own wherever there is one.
func environmentValues(b []byte, p, e *spec.Project) []byte {
	b = fmt.Appendf(b, "# What differs in the environment %s:\n# %s\n", e.Environment, upgradeCommand(p, e))
	var tree values.Map
	for _, s := range e.Services {
		if d := difference(p, e, s); d != nil {
			tree = append(tree, values.Entry{Key: s.Name, Value: d})
		}
	}
	return tree.Append(b)
}

// difference is what a service has otherwise there. Of one that is off there, nothing else matters.
func difference(p, e *spec.Project, s *spec.Service) values.Map {
	on := p.Service(s.Name).Enabled
	switch {
	case !s.Enabled && on:
		return values.Map{{Key: "enabled", Value: false}}
	case !s.Enabled:
		return nil
	case !on:
		return append(values.Map{{Key: "enabled", Value: true}}, subchart.Difference(p, e, s.Name)...)
	}
	return subchart.Difference(p, e, s.Name)
}

func upgradeCommand(p, e *spec.Project) string {
	return fmt.Sprintf("helm upgrade --install %s %s/ -f %s/%s -n %s --create-namespace", p.Name, Dir, Dir, ValuesFile(e.Environment), e.Namespace)
}

// readmeEnvironments tells how to release the chart in each environment.
func readmeEnvironments(b []byte, p *spec.Project) []byte {
	if len(p.Environments) == 0 {
		return b
	}
	b = append(b, "In an environment, its file says what differs:\n\n"...)
	for _, e := range p.Environments {
		b = fmt.Appendf(b, "    %s\n", upgradeCommand(p, e))
	}
	return append(b, '\n')
}
