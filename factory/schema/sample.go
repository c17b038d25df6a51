package schema

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strconv"
)

// mostSamples bounds how many values are tried for one key.
const mostSamples = 12

// Samples returns values that the schema lets a key have, the most telling ones first: its examples, then every word that is
// possible, then values made up from its type. Whether they fit the rest of a spec only the loader knows. They are what
// encoding/json makes of JSON.
func (s *Schema) Samples(n *Node) []any { return s.samples(n, 0) }

func (s *Schema) samples(n *Node, depth int) []any {
	var out []any
	if depth > 8 { // a type that holds itself
		return nil
	}
	for _, example := range n.Examples {
		out = append(out, example, varied(example))
	}
	if n.Default != nil && len(n.Enum) == 0 {
		out = append(out, varied(n.Default), n.Default)
	}
	for _, form := range s.forms(n) {
		if form != n {
			out = append(out, form.Examples...)
		}
		out = append(out, s.formSamples(form, depth)...)
	}
	return distinct(out)
}

func distinct(all []any) []any {
	var out []any
	seen := map[string]bool{}
	for _, v := range all {
		text, _ := json.Marshal(v)
		if v != nil && !seen[string(text)] && len(out) < mostSamples {
			seen[string(text)] = true
			out = append(out, v)
		}
	}
	return out
}

func (s *Schema) formSamples(n *Node, depth int) []any {
	switch {
	case n.Const != nil:
		return []any{n.Const}
	case len(n.Enum) > 0:
		return n.Enum
	case n.Properties != nil:
		return s.objects(n, depth)
	case n.AdditionalProperties != nil:
		var out []any
		for _, v := range s.samples(n.AdditionalProperties, depth+1) {
			out = append(out, map[string]any{"sample": v})
		}
		return out
	case n.Items != nil:
		var out []any
		for _, v := range s.samples(n.Items, depth+1) {
			out = append(out, []any{v})
		}
		return out
	case slices.Contains(n.Type, "boolean") && len(n.Type) == 1:
		return []any{true, false}
	case slices.Contains(n.Type, "integer"):
		return integers(n)
	default:
		return texts(n)
	}
}

// objects returns mappings with what is required, and one key more each.
func (s *Schema) objects(n *Node, depth int) []any {
	base := map[string]any{}
	for _, key := range n.Required {
		if values := s.samples(n.Properties[key], depth+1); len(values) > 0 {
			base[key] = values[0]
		}
	}
	var out []any
	if len(base) > 0 {
		out = append(out, base)
	}
	for _, key := range slices.Sorted(maps.Keys(n.Properties)) {
		if _, there := base[key]; there {
			continue
		}
		if values := s.samples(n.Properties[key], depth+1); len(values) > 0 {
			more := maps.Clone(base)
			more[key] = values[0]
			out = append(out, more)
		}
	}
	return out
}

func integers(n *Node) []any {
	var out []any
	for _, i := range []float64{2, 3, 1, 10, 600, 0, 30001, 30002} {
		if (n.Minimum == nil || i >= *n.Minimum) && (n.Maximum == nil || i <= *n.Maximum) {
			out = append(out, i)
		}
	}
	return out
}

func texts(n *Node) []any {
	pattern := regexp.MustCompile(n.Pattern)
	var out []any
	for _, text := range []string{"sample", "other", "/sample", "/other", "45s", "90s", "5m", "2Gi", "3Gi", "25%", "3", "http", "true", "a.example.com"} {
		if pattern.MatchString(text) {
			out = append(out, text)
		}
	}
	return out
}

var digits = regexp.MustCompile(`[0-9]+`)

// varied returns a value of the same kind that is another one, or nil.
func varied(v any) any {
	switch v := v.(type) {
	case bool:
		return !v
	case float64:
		return v + 1
	case string:
		if spot := digits.FindStringIndex(v); spot != nil {
			number, err := strconv.Atoi(v[spot[0]:spot[1]])
			if err == nil {
				return v[:spot[0]] + strconv.Itoa(number+1) + v[spot[1]:]
			}
		}
		return v + "x"
	case []any:
		if len(v) == 0 {
			return nil
		}
		if last := varied(v[len(v)-1]); last != nil {
			return append(slices.Clone(v[:len(v)-1]), last)
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if other := varied(v[key]); other != nil {
				out := maps.Clone(v)
				out[key] = other
				return out
			}
		}
	}
	return nil
}
