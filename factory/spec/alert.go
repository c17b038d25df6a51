package spec

import "regexp"

// Alert is a rule by which Prometheus tells that something is wrong. Its texts are templates of Prometheus and arrive as they
// are written.
type Alert struct {
	// Expr is the PromQL expression that gives results while something is wrong. Example: "rate(http_errors_total[5m]) > 1".
	Expr string `spec:"expr,required"`
	// For is how long it must do so before the alert fires. Default: 0s. Example: 5m.
	For Duration `spec:"for"`
	// Severity is the alert's label of that name. Default: none. Example: critical.
	Severity string `spec:"severity"`
	// Summary is the alert's annotation of that name: what is wrong, in a line. Example: "{{ $labels.pod }} fails".
	Summary string `spec:"summary"`
	// Description is the alert's annotation of that name: what it means and what to do. Example: "{{ $value }} errors a second".
	Description string `spec:"description"`
	// Labels are more labels of the alert. Example: {team: shop}.
	Labels map[string]string `spec:"labels"`
	// Annotations are more annotations of the alert. Example: {runbook_url: "https://example.com/runbook"}.
	Annotations map[string]string `spec:"annotations"`
}

// prometheusName is what Prometheus takes as the name of a label or an annotation.
var prometheusName = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)

func (l *loader) checkAlerts(s *Service) {
	for _, name := range sortedKeys(s.Alerts) {
		a := s.Alerts[name]
		at := func(path ...string) Position { return s.At(append([]string{"alerts", name}, path...)...) }
		if name == "" || len(name) > 200 {
			l.problems.add(at(), "%q cannot be the name of an alert: use 1 to 200 characters, such as HighLatency", short(name))
		}
		if a.Expr == "" {
			l.problems.add(at(), `an alert needs "expr", the PromQL expression that gives results while something is wrong`)
		}
		for _, said := range []struct {
			key, field, text string
			texts            map[string]string
		}{{"labels", "severity", a.Severity, a.Labels}, {"annotations", "summary", a.Summary, a.Annotations}, {"annotations", "description", a.Description, a.Annotations}} {
			if _, twice := said.texts[said.field]; twice && said.text != "" {
				l.problems.add(at(said.key, said.field), "%q is said beside %s, too: keep one of them", said.field, said.key)
			}
		}
		for key, texts := range map[string]map[string]string{"labels": a.Labels, "annotations": a.Annotations} {
			for _, label := range sortedKeys(texts) {
				switch {
				case !prometheusName.MatchString(label):
					l.problems.add(at(key, label), "%q is not a name that Prometheus takes: use letters, digits and _, as in runbook_url", short(label))
				case key == "labels" && label == "alertname":
					l.problems.add(at(key, label), "the name of the alert is this label already: leave it out")
				}
			}
		}
	}
}
