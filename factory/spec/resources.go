package spec

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Resources are requests and limits by resource name: cpu, memory, ephemeral-storage, or a vendor's domain/name. Short form: the
// preset.
//
//spec:schema {anyOf: [{enum: [nano, micro, small, medium, large, xlarge]}, {$ref: long}]}
type Resources struct {
	// Preset is a size, whose requests and limits those below it change: nano (25m, 32Mi, at most 64Mi), micro (50m, 64Mi, 128Mi), small (100m,
	// 128Mi, 256Mi), medium (250m, 256Mi, 512Mi), large (500m, 512Mi, 1Gi), xlarge (1, 1Gi, 2Gi). Default: none. Example: small.
	Preset string `spec:"preset,enum=nano|micro|small|medium|large|xlarge"`
	// Requests is what is reserved. Default: cpu 50m, memory 64Mi. Example: {cpu: 100m, memory: 128Mi}.
	Requests map[string]Quantity `spec:"requests"`
	// Limits is what cannot be passed. Default: memory 256Mi. Example: {memory: 512Mi}.
	Limits map[string]Quantity `spec:"limits"`
}

// size is what a preset stands for. There is no limit for the CPU: what nobody else asks for may be used.
type size struct{ cpu, memory, limit Quantity }

var presets = map[string]size{
	"nano":   {"25m", "32Mi", "64Mi"},
	"micro":  {"50m", "64Mi", "128Mi"},
	"small":  {"100m", "128Mi", "256Mi"},
	"medium": {"250m", "256Mi", "512Mi"},
	"large":  {"500m", "512Mi", "1Gi"},
	"xlarge": {"1", "1Gi", "2Gi"},
}

func (s size) resources(preset string) Resources {
	return Resources{
		Preset:   preset,
		Requests: map[string]Quantity{"cpu": s.cpu, "memory": s.memory},
		Limits:   map[string]Quantity{"memory": s.limit},
	}
}

// newResources returns what holds when nothing is said.
func newResources() Resources { return size{"50m", "64Mi", "256Mi"}.resources("") }

func (r *Resources) decodeNode(d *decoder, n *yaml.Node) {
	if n.Kind == yaml.ScalarNode {
		if word := d.word(n, "preset", "nano", "micro", "small", "medium", "large", "xlarge"); presets[word] != (size{}) {
			*r = presets[word].resources(word)
		}
		return
	}
	if _, preset := below(n, "preset"); preset != nil && presets[preset.Value] != (size{}) {
		*r = presets[preset.Value].resources(preset.Value)
	}
	type long Resources
	d.decode(n, (*long)(r))
}

func (l *loader) checkResources(r Resources, at func(path ...string) Position) {
	for _, side := range []struct {
		key        string
		quantities map[string]Quantity
	}{{"requests", r.Requests}, {"limits", r.Limits}} {
		for _, name := range sortedKeys(side.quantities) {
			known := []string{"cpu", "memory", "ephemeral-storage"}
			if !slices.Contains(known, name) && !strings.Contains(name, "/") && !strings.HasPrefix(name, "hugepages-") {
				l.problems.add(at("resources", side.key, name), "unknown resource %q: %s", short(name), didYouMean(name, known))
			}
			switch q := side.quantities[name]; {
			case q == "" || q.Compare("0") == 0:
			case name == "cpu" && q.Compare("1000") > 0:
				l.problems.add(at("resources", side.key, name), "cpu %s is more than any node has: write 250m for a quarter of a CPU, 2 for two", q)
			case name == "memory" || name == "ephemeral-storage":
				l.checkBytes(at("resources", side.key, name), name, q)
			}
		}
	}
	for _, name := range sortedKeys(r.Requests) {
		request, limit := r.Requests[name], r.Limits[name]
		if request != "" && limit != "" && request.Compare(limit) > 0 {
			l.problems.add(at("resources", "requests", name), "the request for %s, %s, is above its limit, %s: raise the limit or lower the request", name, request, limit)
		}
	}
}

// checkBytes complains where single bytes are said, and more is meant.
func (l *loader) checkBytes(at Position, name string, q Quantity) {
	if q.Compare("64Ki") < 0 {
		l.problems.add(at, "%s %s is hardly anything: it counts in bytes, and m is a thousandth of one, so write it as 512Mi or 2Gi", name, q)
	}
}
