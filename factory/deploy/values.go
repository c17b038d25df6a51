package deploy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"
)

// FileValues returns the values in a file of the chart, which is not its values.yaml but lies beside it.
func FileValues(c *chart.Chart, name string) (map[string]any, error) {
	for _, f := range c.Files {
		if f.Name != name {
			continue
		}
		values, err := chartutil.ReadValues(f.Data)
		if err != nil {
			return nil, fmt.Errorf("reading %s of the chart %s: %w\nnext: factory sync", name, c.Name(), err)
		}
		return values, nil
	}
	return nil, &MissingValuesError{Chart: c.Name(), File: name}
}

// MissingValuesError says that a chart lacks a file of values.
type MissingValuesError struct{ Chart, File string }

func (e *MissingValuesError) Error() string {
	return fmt.Sprintf("the chart %s has no %s\nnext: factory sync", e.Chart, e.File)
}

// Usage marks the error as one that the caller cures.
func (e *MissingValuesError) Usage() bool { return true }

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
