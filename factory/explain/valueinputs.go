package explain

import (
	"maps"
	"regexp"
	"strconv"

	"helm.sh/helm/v3/pkg/chart"
)

// valueInput is something that templates read: a leaf of the values, the name of one of their keys, or what Helm says itself.
type valueInput struct {
	// name is how templates read it: container.resources.limits.memory, or .Release.Name.
	name string
	// path leads to it in the values; nil for what Helm says itself.
	path keyPath
	// isKey tells that it is the name of a key.
	isKey bool
	probe
}

// helmInputs are the names of what Helm says itself, with how to say something else.
func helmInputs() []struct {
	name string
	set  func(*rendering)
} {
	return []struct {
		name string
		set  func(*rendering)
	}{
		{".Chart.Name", func(r *rendering) { r.metadata.Name = "other-" + r.metadata.Name }},
		{".Chart.Version", func(r *rendering) { r.metadata.Version = "99.0.0" }},
		{".Release.Name", func(r *rendering) { r.release.name = "other-" + r.release.name }},
		{".Release.Namespace", func(r *rendering) { r.release.namespace = "other-" + r.release.namespace }},
	}
}

// valueInputs returns everything that the templates read, with how to change it. What stands below a key without which the
// picture stays the same is left out.
func (r rendering) valueInputs(base picture, random map[string]bool) []valueInput {
	var out []valueInput
	add := func(in valueInput, set ...func(*rendering)) {
		for _, s := range set {
			in.changes = append(in.changes, func() picture {
				other := r
				s(&other)
				return other.picture(random)
			})
		}
		out = append(out, in)
	}
	for _, in := range helmInputs() {
		add(valueInput{name: in.name}, in.set)
	}
	keys := map[string]bool{}
	read := maps.Clone(r.values)
	for key := range r.values {
		other := r
		other.values = rename(r.values, keyPath{{name: key}}, key+"x").(map[string]any)
		if maps.Equal(other.picture(random), base) {
			delete(read, key)
		}
	}
	for _, l := range leaves(read) {
		for i, s := range l.path {
			if above := l.path[:i+1]; s.name != "" && !keys[above.String()] {
				keys[above.String()] = true
				add(valueInput{name: above.String(), path: above, isKey: true, probe: probe{mark: s.name + "x", depth: len(above)}}, func(r *rendering) {
					r.values = rename(r.values, above, s.name+"x").(map[string]any)
				})
			}
		}
		var sets []func(*rendering)
		for _, other := range others(l.value) {
			sets = append(sets, func(r *rendering) { r.values = set(r.values, l.path, other).(map[string]any) })
		}
		add(valueInput{name: l.path.String(), path: l.path, probe: probe{depth: len(l.path)}}, sets...)
	}
	return out
}

var digits = regexp.MustCompile(`[0-9]+`)

// others returns values of the same type as a leaf of the values, but not the same.
func others(v any) []any {
	switch v := v.(type) {
	case bool:
		return []any{!v}
	case float64:
		return []any{v + 1, 0.0}
	case string:
		var out []any
		for _, text := range likeTexts(v) {
			out = append(out, text)
		}
		return out
	case map[string]any:
		return []any{nil, map[string]any{"x": "x"}}
	case []any:
		return []any{nil, []any{"x"}}
	}
	return nil
}

// likeTexts returns texts that differ from one in front, in a number and at the end. A number stays one, with its unit.
func likeTexts(text string) []string {
	if onlyNumber.MatchString(text) {
		return []string{otherNumber(text)}
	}
	return []string{text + "x", otherNumber(text), "x" + text}
}

// onlyNumber matches numbers, quantities and lengths of time, which are no longer ones with a letter more.
var onlyNumber = regexp.MustCompile(`^[0-9.]+([a-zA-Z]{1,2}|%)?$`)

// otherNumber counts the first number of a text up, or adds one.
func otherNumber(text string) string {
	spot := digits.FindStringIndex(text)
	if spot == nil {
		return text + "1"
	}
	n, err := strconv.Atoi(text[spot[0]:spot[1]])
	if err != nil {
		return text + "1"
	}
	return text[:spot[0]] + strconv.Itoa(n+1) + text[spot[1]:]
}

// withFile returns the rendering with another text of one of the chart's files.
func (r rendering) withFile(name string, data []byte) rendering {
	files := make([]*chart.File, len(r.files))
	for i, f := range r.files {
		if files[i] = f; f.Name == name {
			files[i] = &chart.File{Name: name, Data: data}
		}
	}
	r.files = files
	return r
}
