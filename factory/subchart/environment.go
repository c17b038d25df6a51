package subchart

import (
	"slices"

	"github.com/helm-chart-factory/factory/factory/spec"
	"github.com/helm-chart-factory/factory/factory/values"
)

// variant is a service as one environment has it, with its values.
type variant struct {
	service *spec.Service
	values  values.Map
}

// inEnvironments returns the service as each environment of the project has it, if it does.
func inEnvironments(p *spec.Project, s *spec.Service) []variant {
	variants := make([]variant, 0, len(p.Environments))
	for _, e := range p.Environments {
		if there := e.Service(s.Name); there.Enabled {
			variants = append(variants, variant{service: there, values: Values(e, there)})
		}
	}
	return variants
}

// union returns the values of the chart, then those keys that only some environment sets.
func union(m values.Map, elsewhere []variant) values.Map {
	all := m[:len(m):len(m)]
	for _, v := range elsewhere {
		for _, e := range v.values {
			if !slices.ContainsFunc(all, func(known values.Entry) bool { return known.Key == e.Key }) {
				all = append(all, e)
			}
		}
	}
	return all
}

// Difference returns what the values of a service say otherwise in an environment of the project than in its chart, a key that
// goes away as null.
func Difference(p, environment *spec.Project, service string) values.Map {
	return values.Difference(Values(p, p.Service(service)), Values(environment, environment.Service(service)))
}
