package spec

import (
	"regexp"
	"strings"
)

var labelValue = regexp.MustCompile(`^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$`)

// checkAnnotations judges annotations that the key at path holds.
func (l *loader) checkAnnotations(s *Service, annotations map[string]string, path ...string) {
	for _, key := range sortedKeys(annotations) {
		if !isLabel(key) {
			l.problems.add(s.At(append(path, key)...), "%q cannot be the key of an annotation: write it as example.com/name", short(key))
		}
	}
}

// checkLabels judges labels that the key at path holds. Those that every object of a chart has are not up for choice.
func (l *loader) checkLabels(s *Service, labels map[string]string, path ...string) {
	for _, key := range sortedKeys(labels) {
		at := s.At(append(path, key)...)
		switch {
		case !isLabel(key):
			l.problems.add(at, "%q cannot be the key of a label: write it as example.com/name", short(key))
		case strings.HasPrefix(key, "app.kubernetes.io/") || strings.HasPrefix(key, "helm.sh/"):
			l.problems.add(at, "the chart says the label %s itself: use another key", key)
		case !labelValue.MatchString(labels[key]) || len(labels[key]) > 63:
			l.problems.add(at, "%q cannot be the value of a label: use up to 63 letters, digits, -, _ and ., or make it an annotation", short(labels[key]))
		}
	}
}
