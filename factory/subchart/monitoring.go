package subchart

import (
	"maps"
	"slices"

	"github.com/helm-chart-factory/factory/factory/spec"
	"github.com/helm-chart-factory/factory/factory/values"
)

// monitorValues are the endpoint of a ServiceMonitor in the operator's words, and the labels by which a Prometheus selects it.
func monitorValues(s *spec.Service) values.Map {
	if s.Metrics == nil || !s.Metrics.Monitor.On {
		return nil
	}
	m := values.Map{{Key: "port", Value: s.Metrics.Port}, {Key: "path", Value: s.Metrics.Path}}
	if interval := s.Metrics.Monitor.Interval; interval != 0 {
		m = append(m, values.Entry{Key: "interval", Value: interval.String()})
	}
	if timeout := s.Metrics.Monitor.Timeout; timeout != 0 {
		m = append(m, values.Entry{Key: "scrapeTimeout", Value: timeout.String()})
	}
	if labels := s.Metrics.Monitor.Labels; len(labels) > 0 {
		m = append(m, values.Entry{Key: "labels", Value: textMap(labels)})
	}
	return m
}

// alertValues are rules of a PrometheusRule in its own words, by the name of the alert.
func alertValues(s *spec.Service) values.Map {
	var m values.Map
	for _, name := range slices.Sorted(maps.Keys(s.Alerts)) {
		a := s.Alerts[name]
		rule := values.Map{{Key: "expr", Value: a.Expr}}
		if a.For != 0 {
			rule = append(rule, values.Entry{Key: "for", Value: a.For.String()})
		}
		if labels := with(a.Labels, "severity", a.Severity); len(labels) > 0 {
			rule = append(rule, values.Entry{Key: "labels", Value: textMap(labels)})
		}
		if annotations := with(with(a.Annotations, "summary", a.Summary), "description", a.Description); len(annotations) > 0 {
			rule = append(rule, values.Entry{Key: "annotations", Value: textMap(annotations)})
		}
		m = append(m, values.Entry{Key: name, Value: rule})
	}
	return m
}

// with returns the texts and one more, if that is said.
func with(texts map[string]string, key, text string) map[string]string {
	if text == "" {
		return texts
	}
	more := map[string]string{key: text}
	maps.Copy(more, texts)
	return more
}
