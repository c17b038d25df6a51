package spec

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// Metrics is where Prometheus finds the metrics. Short form: the path.
//
//spec:schema {anyOf: [{type: string, pattern: ^/}, {$ref: long}]}
type Metrics struct {
	// Path of the metrics. Default: /metrics.
	Path string `spec:"path"`
	// Port is a port's name. Default: the main port. Example: http.
	Port string `spec:"port"`
	// Monitor tells Prometheus by a ServiceMonitor of its operator, in the place of annotations of the pods. Default: false.
	Monitor Monitor `spec:"monitor"`
}

// Monitor is a ServiceMonitor. Short form: true, with the defaults of Prometheus.
//
//spec:schema {anyOf: [{type: boolean}, {$ref: long}]}
type Monitor struct {
	// Interval is the time between two scrapes. Default: that of Prometheus. Example: 30s.
	Interval Duration `spec:"interval"`
	// Timeout is how long a scrape may take, at most the interval. Default: that of Prometheus. Example: 10s.
	Timeout Duration `spec:"timeout"`
	// Labels are those by which Prometheus selects its ServiceMonitors and PrometheusRules. Example: {release: prometheus}.
	Labels map[string]string `spec:"labels"`

	// On tells that a ServiceMonitor is asked for.
	On bool
}

func (m *Metrics) decodeNode(d *decoder, n *yaml.Node) {
	m.Path = "/metrics"
	if n.Kind == yaml.ScalarNode {
		m.Path, _ = d.text(n)
		return
	}
	type long Metrics
	d.decode(n, (*long)(m))
}

func (m *Monitor) decodeNode(d *decoder, n *yaml.Node) {
	if n.Kind == yaml.ScalarNode {
		m.On, _ = d.boolean(n)
		return
	}
	type long Monitor
	d.decode(n, (*long)(m))
	m.On = true
}

func (l *loader) checkMetrics(s *Service) {
	if s.Metrics == nil {
		return
	}
	main := s.Main()
	l.portReference(&main, s.At("metrics"), s.Metrics.Port)
	if !strings.HasPrefix(s.Metrics.Path, "/") {
		l.problems.add(s.At("metrics"), "the path %q does not begin with a slash: write /%s", short(s.Metrics.Path), short(s.Metrics.Path))
	}
	m := s.Metrics.Monitor
	for _, key := range []string{"interval", "timeout"} {
		if s.source.has("metrics", "monitor", key) && (key == "interval" && m.Interval == 0 || key == "timeout" && m.Timeout == 0) {
			l.problems.add(s.At("metrics", "monitor", key), "the %s is at least 1s", key)
		}
	}
	if m.Interval != 0 && m.Timeout > m.Interval {
		l.problems.add(s.At("metrics", "monitor", "timeout"), "a scrape may take %s, and the next begins after %s: lower timeout or raise interval", m.Timeout, m.Interval)
	}
	l.checkLabels(s, m.Labels, "metrics", "monitor", "labels")
}
