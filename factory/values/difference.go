package values

import "slices"

// Difference returns what has to be laid over from, as Helm does, to get to: the keys that have another value, and a key that
// goes away as null. Mappings are compared key by key, lists as a whole; comments do not count. It is nil when nothing differs.
func Difference(from, to Map) Map {
	before := make(map[string]any, len(from))
	for _, e := range from {
		before[e.Key] = e.Value
	}
	var out Map
	after := make(map[string]bool, len(to))
	for _, e := range to {
		after[e.Key] = true
		old, there := before[e.Key]
		oldMap, wasMap := old.(Map)
		newMap, isMap := e.Value.(Map)
		switch {
		case wasMap && isMap:
			if d := Difference(oldMap, newMap); d != nil {
				out = append(out, Entry{Key: e.Key, Value: d})
			}
		case !there || !equal(old, e.Value):
			out = append(out, Entry{Key: e.Key, Value: e.Value})
		}
	}
	for _, e := range from {
		if !after[e.Key] {
			out = append(out, Entry{Key: e.Key})
		}
	}
	return out
}

func equal(a, b any) bool {
	switch a := a.(type) {
	case Map:
		b, ok := b.(Map)
		return ok && len(a) == len(b) && Difference(a, b) == nil
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, equal)
	}
	switch b.(type) {
	case Map, []any:
		return false
	}
	return a == b
}
