package plan

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// editors are the field managers of programs with which people edit objects by hand, as their names begin. Controllers add
// fields too, and rightly so: an Ingress' address, an injected container, a volume's name.
var editors = []string{"kubectl", "k9s", "Lens", "OpenLens", "Headlamp", "Mozilla"}

// Additions lists what people added by hand to an object beyond what the last release said. Helm leaves it there.
func Additions(live, released *unstructured.Unstructured) []Drift {
	a := additions{live: Clean(live.Object), released: Clean(released.Object)}
	for _, entry := range live.GetManagedFields() {
		byHand := slices.ContainsFunc(editors, func(name string) bool { return strings.HasPrefix(entry.Manager, name) })
		if !byHand || entry.FieldsV1 == nil || entry.Subresource == "status" {
			continue
		}
		var tree map[string]any
		if json.Unmarshal(entry.FieldsV1.GetRawBytes(), &tree) != nil {
			continue
		}
		a.by = Writer{Manager: entry.Manager}
		if entry.Time != nil {
			a.by.At = entry.Time.Time
		}
		a.walk(nil, tree)
	}
	return a.found
}

type additions struct {
	live, released map[string]any
	by             Writer
	found          []Drift
}

// walk looks for fields of a tree in FieldsV1's form that are there and were not released.
func (a *additions) walk(path Path, tree map[string]any) {
	for _, name := range slices.Sorted(maps.Keys(tree)) {
		inner, _ := tree[name].(map[string]any)
		step, entry := stepOf(name)
		if step == nil {
			continue
		}
		at := path.with(*step)
		value, there := at.in(a.live)
		if !there {
			continue
		}
		if _, released := at.in(a.released); released || len(inner) > 0 && !entry {
			a.walk(at, inner)
			continue
		}
		a.add(at, value)
	}
}

func (a *additions) add(path Path, value any) {
	drift := Drift{Path: path, Live: value, By: a.by.Manager, At: a.by.At, Stays: true}
	if isSecret(a.live) && path.under("data") {
		drift.Live, drift.Hidden = nil, true
	}
	// The mark that `kubectl rollout restart` leaves changes nothing.
	if path[len(path)-1].Name != "kubectl.kubernetes.io/restartedAt" {
		a.found = append(a.found, drift)
	}
}

// stepOf reads a key of FieldsV1; nil for what is no field: the "." of a map, a value of a set.
func stepOf(name string) (step *Step, entry bool) {
	kind, rest, _ := strings.Cut(name, ":")
	switch kind {
	case "f":
		step := field(rest)
		return &step, false
	case "k":
		var key map[string]any
		if json.Unmarshal([]byte(rest), &key) != nil {
			return nil, false
		}
		words := make([]string, 0, len(key))
		for _, word := range slices.Sorted(maps.Keys(key)) {
			// The live object's numbers are whole ones.
			if number, ok := key[word].(float64); ok {
				key[word] = int64(number)
			}
			words = append(words, fmt.Sprint(key[word]))
		}
		return &Step{Name: strings.TrimSuffix(strings.Join(words, "/"), "/TCP"), Key: key, Index: -1}, true
	}
	return nil, false
}
