package spec

import (
	"regexp"
	"slices"
	"strings"
)

var labelValue = regexp.MustCompile(`^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$`)

// ownLabels are the labels that every object of a chart has.
func ownLabels() []string {
	return []string{"app.kubernetes.io/name", "app.kubernetes.io/instance", "app.kubernetes.io/part-of", "app.kubernetes.io/version", "app.kubernetes.io/managed-by"}
}

// ownAnnotations are the annotations that another key of the spec says, by what they begin with, and where they come from.
func ownAnnotations() [][2]string {
	return [][2]string{
		{"helm.sh/hook", `say it with "hook", or with a raw manifest`},
		{"helm.sh/resource-policy", "what is to outlive the release is marked so already"},
		{"meta.helm.sh/", "Helm sets it itself"},
		{"checksum/files", "it is set whenever there are files"},
		{"checksum/manifests", "it is set whenever the pods read a raw manifest"},
	}
}

// longestAnnotations is how many bytes Kubernetes takes in the annotations of one object.
const longestAnnotations = 256 << 10

// checkMetadata judges the labels and annotations of every object and of the pods.
func (l *loader) checkMetadata(s *Service) {
	l.checkLabels(s, s.Labels, "labels")
	l.checkLabels(s, s.PodLabels, "podLabels")
	l.checkAnnotations(s, s.Annotations, "annotations")
	l.checkAnnotations(s, s.PodAnnotations, "podAnnotations")
	l.checkTwice(s, "label", s.Service.Labels, s.Labels, "service", "labels")
	if s.Ingress != nil {
		l.checkTwice(s, "annotation", s.Ingress.Annotations, s.Annotations, "ingress", "annotations")
	}
	if s.Metrics != nil {
		l.checkTwice(s, "label", s.Metrics.Monitor.Labels, s.Labels, "metrics", "monitor", "labels")
	}
}

// checkTwice complains about a label or an annotation of one object, at path, that every object gets anyway.
func (l *loader) checkTwice(s *Service, what string, own, every map[string]string, path ...string) {
	for _, key := range sortedKeys(own) {
		if _, twice := every[key]; twice {
			l.problems.add(s.At(append(path[:len(path):len(path)], key)...), "the %s %s is under %ss too, which every object gets: keep one of them", what, key, what)
		}
	}
}

// checkAnnotations judges annotations that the key at path holds.
func (l *loader) checkAnnotations(s *Service, annotations map[string]string, path ...string) {
	size := 0
	for _, key := range sortedKeys(annotations) {
		at := s.At(append(path[:len(path):len(path)], key)...)
		if !isLabel(key) {
			l.problems.add(at, "%q cannot be the key of an annotation: write it as example.com/name", short(key))
		}
		for _, own := range ownAnnotations() {
			if strings.HasPrefix(key, own[0]) {
				l.problems.add(at, "the annotation %s is not said here: %s", key, own[1])
			}
		}
		size += len(key) + len(annotations[key])
	}
	if size > longestAnnotations {
		l.problems.add(s.At(path...), "these annotations are %d bytes long, and Kubernetes takes %d: put the text into files", size, longestAnnotations)
	}
}

// checkLabels judges labels that the key at path holds. Those that every object of a chart has are not up for choice.
func (l *loader) checkLabels(s *Service, labels map[string]string, path ...string) {
	for _, key := range sortedKeys(labels) {
		at := s.At(append(path[:len(path):len(path)], key)...)
		switch {
		case !isLabel(key):
			l.problems.add(at, "%q cannot be the key of a label: write it as example.com/name", short(key))
		case slices.Contains(ownLabels(), key) || strings.HasPrefix(key, "helm.sh/"):
			l.problems.add(at, "the chart says the label %s itself: use another key", key)
		case !labelValue.MatchString(labels[key]) || len(labels[key]) > 63:
			l.problems.add(at, "%q cannot be the value of a label: use up to 63 letters, digits, -, _ and ., or make it an annotation", short(labels[key]))
		}
	}
}
