package deploy

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
)

// copyValues returns values that share nothing with the original, as Helm would read them back from a stored release.
func copyValues(values map[string]any) map[string]any {
	text, err := json.Marshal(values)
	if err != nil {
		return maps.Clone(values)
	}
	decoded := map[string]any{}
	if err := json.Unmarshal(text, &decoded); err != nil || decoded == nil {
		return maps.Clone(values)
	}
	return decoded
}

// sameJSON tells whether two things are written alike; JSON orders the keys of maps. Nil and an empty map are alike.
func sameJSON(a, b any) bool {
	first, err := json.Marshal(a)
	if err != nil {
		return false
	}
	second, err := json.Marshal(b)
	if err != nil {
		return false
	}
	empty := [][]byte{[]byte("null"), []byte("{}")}
	isEmpty := func(text []byte) bool {
		return slices.ContainsFunc(empty, func(e []byte) bool { return bytes.Equal(e, text) })
	}
	return bytes.Equal(first, second) || isEmpty(first) && isEmpty(second)
}
