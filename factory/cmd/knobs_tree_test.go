package cmd

import (
	"maps"
	"slices"
	"strconv"

	"github.com/helm-chart-factory/factory/factory/schema"
)

// places returns the paths that a path with Any stands for: each entry that is there, and a new one.
func places(s *schema.Schema, tree any, path, above []string) [][]string {
	if len(path) == 0 {
		return [][]string{nil}
	}
	var out [][]string
	under := func(name string, child any) {
		for _, rest := range places(s, child, path[1:], append(slices.Clip(above), name)) {
			out = append(out, append([]string{name}, rest...))
		}
	}
	mapping, _ := tree.(map[string]any)
	list, _ := tree.([]any)
	switch {
	case path[0] != schema.Any:
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

func get(tree any, path []string) any {
	if len(path) == 0 {
		return tree
	}
	switch tree := tree.(type) {
	case map[string]any:
		return get(tree[path[0]], path[1:])
	case []any:
		if i, err := strconv.Atoi(path[0]); err == nil && i < len(tree) {
			return get(tree[i], path[1:])
		}
	}
	return nil
}

// with returns a copy of a tree that has the value at a path, or nothing there when the value is nil.
func with(tree map[string]any, path []string, value any) map[string]any {
	copied, _ := set(tree, path, value).(map[string]any)
	return copied
}

func set(tree any, path []string, value any) any {
	if len(path) == 0 {
		return value
	}
	name := path[0]
	if i, err := strconv.Atoi(name); err == nil && isListOrNothing(tree) {
		old, _ := tree.([]any)
		list := slices.Clone(old)
		if i == len(list) {
			list = append(list, nil)
		}
		if list[i] = set(list[i], path[1:], value); list[i] == nil {
			list = slices.Delete(list, i, i+1)
		}
		return list
	}
	out := map[string]any{}
	old, _ := tree.(map[string]any)
	maps.Copy(out, old)
	out[name] = set(out[name], path[1:], value)
	if out[name] == nil {
		delete(out, name)
	}
	return out
}

func isListOrNothing(tree any) bool {
	_, ok := tree.([]any)
	return ok || tree == nil
}
