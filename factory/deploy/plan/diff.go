package plan

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Kind is what happens to a field.
type Kind string

const (
	Added   Kind = "added"
	Removed Kind = "removed"
	Changed Kind = "changed"
)

// Field is one field that differs.
type Field struct {
	Path   Path `json:"path"`
	Change Kind `json:"change"`
	Before any  `json:"before,omitempty"`
	After  any  `json:"after,omitempty"`
	// Hidden is true for a secret's value, which is in neither Before nor After.
	Hidden bool `json:"hidden,omitempty"`
}

// Diff lists what differs between two objects, in the order of their keys. Entries of a list are matched by what
// identifies them (a container's name, a port's number), so that a new entry at the top is one added field.
// A field that is null counts as absent.
func Diff(before, after map[string]any) []Field {
	var d diff
	d.maps(nil, before, after)
	return d.fields
}

type diff struct{ fields []Field }

func (d *diff) values(path Path, before, after any) {
	switch b := before.(type) {
	case map[string]any:
		if a, ok := after.(map[string]any); ok {
			d.maps(path, b, a)
			return
		}
	case []any:
		if a, ok := after.([]any); ok {
			d.lists(path, b, a)
			return
		}
	}
	if !reflect.DeepEqual(before, after) {
		d.fields = append(d.fields, Field{Path: path, Change: Changed, Before: before, After: after})
	}
}

func (d *diff) maps(path Path, before, after map[string]any) {
	keys := slices.AppendSeq(slices.Collect(maps.Keys(before)), maps.Keys(after))
	slices.Sort(keys)
	for _, key := range slices.Compact(keys) {
		d.pair(path.with(field(key)), before[key], after[key])
	}
}

// pair compares two values of which either may be absent.
func (d *diff) pair(path Path, before, after any) {
	switch {
	case before == nil && after == nil:
	case before == nil:
		d.fields = append(d.fields, Field{Path: path, Change: Added, After: after})
	case after == nil:
		d.fields = append(d.fields, Field{Path: path, Change: Removed, Before: before})
	default:
		d.values(path, before, after)
	}
}

func (d *diff) lists(path Path, before, after []any) {
	if reflect.DeepEqual(before, after) {
		return
	}
	if keys := identify(before, after); keys != nil {
		d.keyed(path, keys, before, after)
		return
	}
	if len(before) == len(after) && allMaps(before) && allMaps(after) {
		for i := range before {
			d.values(path.with(Step{Name: fmt.Sprint(i), Index: i}), before[i], after[i])
		}
		return
	}
	d.fields = append(d.fields, Field{Path: path, Change: Changed, Before: before, After: after})
}

func (d *diff) keyed(path Path, keys []string, before, after []any) {
	old, fresh := steps(keys, before), steps(keys, after)
	for i, step := range old {
		var found any
		if j := step.find(after); j >= 0 {
			found = after[j]
		}
		d.pair(path.with(step), before[i], found)
	}
	for j, step := range fresh {
		if step.find(before) < 0 {
			d.pair(path.with(step), nil, after[j])
		}
	}
	if moved(old, fresh) {
		d.fields = append(d.fields, Field{Path: path, Change: Changed, Before: names(old), After: names(fresh)})
	}
}

// identities are the sets of fields by which Kubernetes' lists are merged or their entries are told apart, most telling
// first.
var identities = [][]string{
	{"name"}, {"containerPort", "protocol"}, {"port", "protocol"}, {"mountPath"}, {"devicePath"}, {"key"}, {"type"},
	{"topologyKey", "whenUnsatisfiable"}, {"host"}, {"secretName"}, {"path"}, {"uid"}, {"ip"},
}

// identify returns the fields that tell the entries of both lists apart, or nil when none do.
func identify(before, after []any) []string {
	for _, keys := range identities {
		if distinct(keys, before) && distinct(keys, after) {
			return keys
		}
	}
	return nil
}

func distinct(keys []string, list []any) bool {
	seen := map[string]bool{}
	for _, entry := range list {
		m, ok := entry.(map[string]any)
		if !ok {
			return false
		}
		var id strings.Builder
		for _, key := range keys {
			value, ok := keyValue(m, key)
			if !ok {
				return false
			}
			fmt.Fprintf(&id, "%v\x00", value)
		}
		if seen[id.String()] {
			return false
		}
		seen[id.String()] = true
	}
	return true
}

// keyValue reads an identifying field; a port without a protocol is TCP.
func keyValue(entry map[string]any, key string) (any, bool) {
	value, ok := entry[key]
	if !ok && key == "protocol" {
		return "TCP", true
	}
	switch value.(type) {
	case string, int64, float64, bool:
		return value, true
	}
	return nil, false
}

func steps(keys []string, list []any) []Step {
	found := make([]Step, len(list))
	for i, entry := range list {
		m := entry.(map[string]any)
		step := Step{Key: map[string]any{}, Index: -1}
		var words []string
		for _, key := range keys {
			value, _ := keyValue(m, key)
			step.Key[key] = value
			words = append(words, fmt.Sprint(value))
		}
		step.Name = strings.TrimSuffix(strings.Join(words, "/"), "/TCP")
		found[i] = step
	}
	return found
}

// moved tells whether entries that both lists have are in another order.
func moved(before, after []Step) bool {
	stay := func(list, other []Step) []string {
		there := names(other)
		var kept []string
		for _, step := range list {
			if slices.Contains(there, any(step.Name)) {
				kept = append(kept, step.Name)
			}
		}
		return kept
	}
	return !slices.Equal(stay(before, after), stay(after, before))
}

func names(list []Step) []any {
	found := make([]any, len(list))
	for i, step := range list {
		found[i] = step.Name
	}
	return found
}

func allMaps(list []any) bool {
	return !slices.ContainsFunc(list, func(entry any) bool {
		_, ok := entry.(map[string]any)
		return !ok
	})
}
