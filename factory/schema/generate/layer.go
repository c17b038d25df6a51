package generate

import (
	"fmt"
	"go/ast"
	"slices"
)

// layer says whether a schema is that of a whole spec or of a part that is merged with others.
type layer int

const (
	whole layer = iota
	under       // nothing is required
	over        // nothing is required, and null takes away what lies below
)

// suffix tells the definitions of the same type apart.
func (l layer) suffix() string {
	return [...]string{whole: "", under: ".under", over: ".over"}[l]
}

// nullable returns the schema of a value that null may stand for, in a layer where it can.
func (l layer) nullable(schema object) object {
	if l != over {
		return schema
	}
	var out, alternative object
	for _, m := range schema {
		switch m.key {
		case "description", "default", "examples", "x-example":
			out = out.with(m.key, m.value)
		default:
			alternative = alternative.with(m.key, m.value)
		}
	}
	if len(alternative) == 0 {
		return schema
	}
	return out.with("anyOf", []any{alternative, object{{"type", "null"}}})
}

// layered resolves a reference to a struct type that says which layer of it is meant.
func (g *generator) layered(t *declared, reference object) (object, error) {
	outer := g.layer
	defer func() { g.layer = outer }()
	var without []any
	var with object
	var name string
	for _, m := range reference {
		var ok bool
		switch m.key {
		case "$ref":
			name, ok = m.value.(string)
		case "layer", "nulls":
			if ok = m.value == true; ok {
				g.layer = max(g.layer, map[string]layer{"layer": under, "nulls": over}[m.key])
			}
		case "without":
			without, ok = m.value.([]any)
		case "with":
			with, ok = m.value.(object)
		}
		if !ok {
			return nil, fmt.Errorf("%s: %s: want {$ref: T, layer: true, nulls: true, without: [KEY], with: {KEY: SCHEMA}}", t.at, m.key)
		}
	}
	body, ok := g.source.structure(&ast.Ident{Name: name})
	if !ok {
		return nil, fmt.Errorf("%s: there is no struct type %s", t.at, name)
	}
	keys, err := g.source.fields(body)
	if err != nil {
		return nil, err
	}
	keys = slices.DeleteFunc(keys, func(f field) bool { return slices.Contains(without, any(f.key)) })
	schema, err := g.object(keys)
	if err != nil {
		return nil, err
	}
	for _, m := range with {
		added, err := g.said(t, m.value)
		if err != nil {
			return nil, err
		}
		properties, _ := schema.get("properties")
		schema[1].value = properties.(object).with(m.key, added)
	}
	return schema, nil
}
