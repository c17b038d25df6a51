package spec

import (
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
	corev1 "k8s.io/api/core/v1"
)

// Toleration lets pods run on nodes that keep others away by a taint.
type Toleration struct {
	// Key is the taint's; without it every taint is tolerated. Example: dedicated.
	Key string `spec:"key"`
	// Operator is Equal, for one value of the taint, or Exists, for any. Default: Equal with a value, else Exists.
	Operator string `spec:"operator,enum=Equal|Exists"`
	// Value is the taint's. Example: batch.
	Value string `spec:"value"`
	// Effect is the taint's: NoSchedule, PreferNoSchedule or NoExecute. Default: all of them.
	Effect string `spec:"effect,enum=NoSchedule|PreferNoSchedule|NoExecute"`
	// For is how long a pod stays once its node has the taint, of the effect NoExecute. Default: for good. Example: 5m.
	For *Duration `spec:"for"`
}

// Spread is how evenly the pods are spread. Short form: soft or hard.
//
//spec:schema {anyOf: [{enum: [soft, hard]}, {$ref: long}]}
type Spread struct {
	// Skew is how many pods more one place may have than another. Default: 1.
	Skew int `spec:"skew"`
	// When is soft, which prefers an even spread, or hard, which lets a pod wait for it. Default: soft.
	When string `spec:"when,enum=soft|hard"`
}

func (s *Spread) decodeNode(d *decoder, n *yaml.Node) {
	s.Skew, s.When = 1, "soft"
	if n.Kind == yaml.ScalarNode {
		s.When = d.word(n, "way to spread", "soft", "hard")
		return
	}
	type long Spread
	d.decode(n, (*long)(s))
}

// spreadDefaults spread pods that are several, or may become it, over hosts and zones where that is possible. The scheduler does as
// much by itself, but among all pods of the service: those that a rollout is about to remove count, so that the new ones may end
// up together. What a pod says takes the place of all that the scheduler does by itself, hence both.
func spreadDefaults(s *Service) {
	if s.source.has("spread") || s.Kind != Deployment && s.Kind != StatefulSet || s.Replicas < 2 && s.Autoscale == nil {
		return
	}
	s.Spread = map[string]Spread{"host": {Skew: 1, When: "soft"}, "zone": {Skew: 1, When: "soft"}}
}

// SpreadLabel returns the label of the nodes that a key of spread stands for.
func SpreadLabel(key string) string {
	switch key {
	case "zone":
		return corev1.LabelTopologyZone
	case "host":
		return corev1.LabelHostname
	}
	return key
}

// checkScheduling judges where the pods run.
func (l *loader) checkScheduling(s *Service) {
	l.checkNodeLabels(s)
	for i := range s.Tolerations {
		l.checkToleration(s, i)
	}
	if s.Affinity.Said() {
		if err := s.Affinity.into(&corev1.Affinity{}); err != nil {
			l.problems.add(s.At("affinity"), "this is not an affinity of core/v1: %v", err)
		}
	}
	if len(s.Spread) > 0 && s.Kind == DaemonSet && s.At("spread").File != ProjectFile {
		l.problems.add(s.At("spread"), "a DaemonSet has one pod on each node, and nothing to spread: leave it out")
	}
	labels := map[string]string{}
	for _, key := range sortedKeys(s.Spread) {
		at := s.At("spread", key)
		label := SpreadLabel(key)
		if label == key && !isLabel(key) || label == key && !strings.Contains(key, "/") && strings.HasPrefix(didYouMean(key, []string{"zone", "host"}), "did you mean") {
			l.problems.add(at, "%q is not what nodes are told apart by: use zone, host, or a label of the nodes such as example.com/rack", short(key))
		}
		if other, twice := labels[label]; twice {
			l.problems.add(at, "%s and %s are the same: keep one of them", other, key)
		}
		labels[label] = key
		if skew := s.Spread[key].Skew; skew < 1 || skew > 10000 {
			l.problems.add(s.At("spread", key, "skew"), "skew %d is out of range: use 1 to 10000", skew)
		}
	}
}

func (l *loader) checkNodeLabels(s *Service) {
	for _, key := range sortedKeys(s.NodeSelector) {
		at, value := s.At("nodeSelector", key), s.NodeSelector[key]
		switch {
		case !isLabel(key):
			l.problems.add(at, "%q cannot be the key of a label: write it as example.com/name", short(key))
		case !labelValue.MatchString(value) || len(value) > 63:
			l.problems.add(at, "%q cannot be the value of a label: use up to 63 letters, digits, -, _ and .", short(value))
		}
	}
}

func (l *loader) checkToleration(s *Service, i int) {
	t := s.Tolerations[i]
	at := func(path ...string) Position {
		return s.At(append([]string{"tolerations", strconv.Itoa(i)}, path...)...)
	}
	switch {
	case t.Key == "" && (t.Operator == "Equal" || t.Value != ""):
		l.problems.add(at(), "a toleration without a key is for every taint: say the key, or leave operator and value out")
	case t.Key != "" && !isLabel(t.Key):
		l.problems.add(at("key"), "%q cannot be the key of a taint: write it as example.com/name", short(t.Key))
	case t.Operator == "Exists" && t.Value != "":
		l.problems.add(at("value"), "the operator Exists is for any value: leave the value out, or say operator: Equal")
	case !labelValue.MatchString(t.Value) || len(t.Value) > 63:
		l.problems.add(at("value"), "%q cannot be the value of a taint: use up to 63 letters, digits, -, _ and .", short(t.Value))
	}
	if t.For != nil && t.Effect != "NoExecute" {
		l.problems.add(at("for"), "only the effect NoExecute ends pods after a time: say effect: NoExecute, or leave this out")
	}
}
