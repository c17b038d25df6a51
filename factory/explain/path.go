package explain

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// step is one part of a path: a name in a mapping, or a place in a list when name is empty.
type step struct {
	name  string
	index int
}

// keyPath leads to a place in a tree of mappings and lists.
type keyPath []step

func (p keyPath) name(name string) keyPath { return append(slices.Clip(p), step{name: name}) }
func (p keyPath) item(i int) keyPath       { return append(slices.Clip(p), step{index: i}) }

// String writes the path as people do: spec.containers[0].image, metadata.labels["app.kubernetes.io/name"].
func (p keyPath) String() string {
	var b strings.Builder
	for i, s := range p {
		switch {
		case s.name == "":
			fmt.Fprintf(&b, "[%d]", s.index)
		case strings.ContainsAny(s.name, `.[]="/ `):
			fmt.Fprintf(&b, "[%q]", s.name)
		default:
			if i > 0 {
				b.WriteByte('.')
			}
			b.WriteString(s.name)
		}
	}
	return b.String()
}

// names are the steps as texts, as spec and schema want them.
func (p keyPath) names() []string {
	out := make([]string, len(p))
	for i, s := range p {
		if out[i] = s.name; s.name == "" {
			out[i] = strconv.Itoa(s.index)
		}
	}
	return out
}

// selector is one part of what a person asks for: a step, or the item of a list in which key has a value.
type selector struct {
	text       string
	bracket    bool
	key, value string
}

// after writes the selector behind a path, as it was asked.
func (s selector) after(at keyPath) string {
	if s.bracket {
		return at.String() + "[" + s.text + "]"
	}
	return strings.TrimPrefix(at.String()+"."+s.text, ".")
}

// parseSelectors reads spec.containers[0].image, labels["a.b/c"], labels[a.b/c] and containers[name=web].
func parseSelectors(text string) ([]selector, error) {
	var out []selector
	for rest := text; rest != ""; {
		if rest[0] != '[' {
			end := strings.IndexAny(rest, ".[")
			if end < 0 {
				end = len(rest)
			}
			if end == 0 {
				return nil, fmt.Errorf("%q has an empty part", text)
			}
			out = append(out, selector{text: rest[:end]})
			rest = strings.TrimPrefix(rest[end:], ".")
			continue
		}
		end := strings.IndexByte(rest, ']')
		if end < 0 {
			return nil, fmt.Errorf("%q has a [ without its ]", text)
		}
		inside := rest[1:end]
		rest = strings.TrimPrefix(rest[end+1:], ".")
		if unquoted := strings.Trim(inside, `"'`); unquoted != inside {
			out = append(out, selector{text: unquoted, bracket: true})
			continue
		}
		s := selector{text: inside, bracket: true}
		s.key, s.value, _ = strings.Cut(inside, "=")
		if s.key == inside {
			s.key = ""
		}
		out = append(out, s)
	}
	return out, nil
}

// find resolves what a person asks for in a tree. The error names what there is instead.
func find(tree any, asked []selector) (keyPath, any, error) {
	var at keyPath
	for len(asked) > 0 {
		next, used := child(tree, asked)
		if used == 0 {
			return nil, nil, fmt.Errorf("%s is not there; %s", asked[0].after(at), inventory(at, tree))
		}
		at = append(at, next)
		tree = get(tree, next)
		asked = asked[used:]
	}
	return at, tree, nil
}

// child returns the step that the first selectors mean, and how many of them: a name with dots may be written without brackets.
func child(tree any, asked []selector) (step, int) {
	switch tree := tree.(type) {
	case map[string]any:
		name := ""
		for i, s := range asked {
			if i > 0 {
				name += "."
			}
			if name += s.text; s.bracket && i > 0 {
				return step{}, 0
			}
			if _, ok := tree[name]; ok {
				return step{name: name}, i + 1
			}
		}
	case []any:
		for i, item := range tree {
			entry, _ := item.(map[string]any)
			value, there := entry[asked[0].key]
			byKey := asked[0].key != "" && there && fmt.Sprint(value) == asked[0].value
			if byKey || asked[0].text == strconv.Itoa(i) {
				return step{index: i}, 1
			}
		}
	}
	return step{}, 0
}

// inventory says what there is in a tree at a path.
func inventory(at keyPath, tree any) string {
	where := at.String()
	if where == "" {
		where = "the object"
	}
	switch tree := tree.(type) {
	case map[string]any:
		return where + " has " + strings.Join(slices.Sorted(maps.Keys(tree)), ", ")
	case []any:
		return fmt.Sprintf("%s is a list of %d", where, len(tree))
	default:
		return fmt.Sprintf("%s is %v, and has no parts", where, tree)
	}
}

func get(tree any, s step) any {
	switch tree := tree.(type) {
	case map[string]any:
		return tree[s.name]
	case []any:
		if s.name == "" && s.index < len(tree) {
			return tree[s.index]
		}
	}
	return nil
}

// set returns a copy of a tree with another value at a path. What does not change is shared.
func set(tree any, p keyPath, value any) any {
	if len(p) == 0 {
		return value
	}
	switch tree := tree.(type) {
	case map[string]any:
		out := maps.Clone(tree)
		out[p[0].name] = set(tree[p[0].name], p[1:], value)
		return out
	case []any:
		out := slices.Clone(tree)
		out[p[0].index] = set(tree[p[0].index], p[1:], value)
		return out
	}
	return tree
}

// rename returns a copy of a tree in which the last name of a path is another one.
func rename(tree any, p keyPath, to string) any {
	if len(p) > 1 {
		return set(tree, p[:1], rename(get(tree, p[0]), p[1:], to))
	}
	old, _ := tree.(map[string]any)
	out := maps.Clone(old)
	out[to] = old[p[0].name]
	delete(out, p[0].name)
	return out
}

// leaf is a value in a tree that has no parts: a scalar, or an empty mapping or list.
type leaf struct {
	path  keyPath
	value any
}

// leaves returns those of a tree, in the order of their paths.
func leaves(tree any) []leaf { return appendLeaves(nil, nil, tree) }

func appendLeaves(out []leaf, at keyPath, tree any) []leaf {
	switch tree := tree.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(tree)) {
			out = appendLeaves(out, at.name(name), tree[name])
		}
		if len(tree) > 0 {
			return out
		}
	case []any:
		for i, item := range tree {
			out = appendLeaves(out, at.item(i), item)
		}
		if len(tree) > 0 {
			return out
		}
	}
	return append(out, leaf{at, tree})
}
