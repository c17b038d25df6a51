package subchart

import (
	"maps"
	"strconv"

	"github.com/helm-chart-factory/factory/factory/spec"
	"github.com/helm-chart-factory/factory/factory/values"
)

// annotationValues are those of every object. What a hook's pods need must be there before the Job, which may be before
// anything else of the release is: those objects are hooks as well, one step ahead of it, and gone when it has succeeded.
func annotationValues(s *spec.Service) values.Map {
	m := textMap(s.Annotations)
	if s.Hook == nil {
		return m
	}
	return append(m, hook(s.Hook, s.Hook.Weight-1, []spec.DeletePolicy{"before-hook-creation", "hook-succeeded"})...)
}

// withEvery are the annotations of one object together with those of every object: a template takes the ones or the others.
func withEvery(s *spec.Service, own map[string]string) values.Map {
	all := maps.Clone(own)
	for _, e := range annotationValues(s) {
		all[e.Key] = e.Value.(string)
	}
	return textMap(all)
}

// podAnnotationValues are the service's own, those that Prometheus looks for, and the one with which pods roll when a ConfigMap or a
// Secret changes that the project brings along as it is.
func podAnnotationValues(s *spec.Service) values.Map {
	var m values.Map
	if s.Metrics != nil && !s.Metrics.Monitor.On {
		m = values.Map{
			{Key: "prometheus.io/scrape", Value: "true"},
			{Key: "prometheus.io/port", Value: strconv.Itoa(int(s.Ports[s.Metrics.Port].Container))},
			{Key: "prometheus.io/path", Value: s.Metrics.Path},
		}
	}
	own := textMap(s.PodAnnotations)
	for _, e := range m {
		if _, said := s.PodAnnotations[e.Key]; !said {
			own = append(own, e)
		}
	}
	if s.ConfigHash != "" {
		own = append(own, values.Entry{Key: "checksum/manifests", Value: s.ConfigHash})
	}
	return own
}
