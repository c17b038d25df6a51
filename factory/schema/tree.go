package schema

import (
	"maps"
	"slices"
	"strconv"
)

// Places returns the paths that a path with Any stands for in a tree: each entry that is there, and a new one.
func (s *Schema) Places(tree any, path ...string) [][]string { return s.places(tree, path, nil) }

func (s *Schema) places(tree any, path, above []string) [][]string {
	if len(path) == 0 {
		return [][]string{nil}
	}
	var out [][]string
	under := func(name string, child any) {
		for _, rest := range s.places(child, path[1:], append(slices.Clip(above), name)) {
			out = append(out, append([]string{name}, rest...))
		}
	}
	mapping, _ := tree.(map[string]any)
	list, _ := tree.([]any)
	switch {
	case path[0] != Any:
		under(path[0], mapping[path[0]])
	case list != nil:
		for i, item := range list {
			under(strconv.Itoa(i), item)
		}
	case mapping == nil && s.IsList(above...):
		under("0", nil)
	default:
		for _, name := range slices.Sorted(maps.Keys(mapping)) {
			under(name, mapping[name])
		}
		under("sample", nil)
	}
	return out
}

// Get returns what a tree has at a path, or nil.
func Get(tree any, path []string) any {
	if len(path) == 0 {
		return tree
	}
	switch tree := tree.(type) {
	case map[string]any:
		return Get(tree[path[0]], path[1:])
	case []any:
		if i, err := strconv.Atoi(path[0]); err == nil && i < len(tree) {
			return Get(tree[i], path[1:])
		}
	}
	return nil
}

// With returns a copy of a tree that has the value at a path, or nothing there when the value is nil. What is not touched is shared.
func With(tree any, path []string, value any) any {
	if len(path) == 0 {
		return value
	}
	name := path[0]
	if i, err := strconv.Atoi(name); err == nil && isListOrNothing(tree) {
		old, _ := tree.([]any)
		list := slices.Clone(old)
		if i >= len(list) {
			i, list = len(list), append(list, nil)
		}
		if list[i] = With(list[i], path[1:], value); list[i] == nil {
			list = slices.Delete(list, i, i+1)
		}
		return list
	}
	out := map[string]any{}
	old, _ := tree.(map[string]any)
	maps.Copy(out, old)
	out[name] = With(out[name], path[1:], value)
	if out[name] == nil {
		delete(out, name)
	}
	return out
}

func isListOrNothing(tree any) bool {
	_, ok := tree.([]any)
	return ok || tree == nil
}
