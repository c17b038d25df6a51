package subchart

import (
	"maps"
	"slices"

	"github.com/helm-chart-factory/factory/factory/spec"
	"github.com/helm-chart-factory/factory/factory/values"
)

// ingressValues are what an Ingress says; the one path / to the port http is left out.
func ingressValues(s *spec.Service) values.Map {
	in := s.Ingress
	if in == nil {
		return nil
	}
	m := values.Map{{Key: "hosts", Value: list(in.Hosts)}}
	add := func(key, value string) {
		if value != "" {
			m = append(m, values.Entry{Key: key, Value: value})
		}
	}
	add("issuer", in.TLS.Issuer)
	add("secret", in.TLS.Secret)
	if !maps.Equal(in.Paths, map[string]spec.Backend{"/": {Port: spec.HTTP, Type: spec.Prefix}}) {
		m = append(m, values.Entry{Key: "paths", Value: pathValues(in.Paths)})
	}
	add("class", in.Class)
	if len(in.Annotations) > 0 {
		m = append(m, values.Entry{Key: "annotations", Value: withEvery(s, in.Annotations)})
	}
	return m
}

// routeValues are what a route of the Gateway API says, if the service has one of that kind.
func routeValues(s *spec.Service, kind string) values.Map {
	g := s.Gateway
	if g == nil || g.Kind != kind {
		return nil
	}
	parents := make([]any, len(g.Parents))
	for i, p := range g.Parents {
		parent := values.Map{{Key: "name", Value: p.Name}}
		if p.Namespace != "" {
			parent = append(parent, values.Entry{Key: "namespace", Value: p.Namespace})
		}
		if p.Section != "" {
			parent = append(parent, values.Entry{Key: "sectionName", Value: p.Section})
		}
		parents[i] = parent
	}
	return values.Map{
		{Key: "parents", Value: parents},
		{Key: "hosts", Value: list(g.Hosts)},
		{Key: "paths", Value: pathValues(g.Paths)},
	}
}

// pathValues are ports by path, with the type where it is not a prefix.
func pathValues(paths map[string]spec.Backend) values.Map {
	var m values.Map
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		to := values.Map{{Key: "port", Value: paths[path].Port}}
		if paths[path].Type != spec.Prefix {
			to = append(to, values.Entry{Key: "type", Value: paths[path].Type})
		}
		m = append(m, values.Entry{Key: path, Value: to})
	}
	return m
}
