// Package generate makes the JSON Schemas of factory.yaml and service.yaml from the Go source of the package spec, so that
// editors know what the decoder knows.
//
//   - A struct field with the tag spec:"key" is a key. Its doc comment is its description; a sentence "Default: X." or
//     "Example: Y." at the end of it becomes the default or an example, where X or Y is a value.
//   - The tag's options are enum=A|B|C, the only words that are possible, required, and or, which is for layers of specs.
//   - A type with a decodeNode of its own says what that takes in a line of its comment, as JSON Schema in YAML:
//     //spec:schema {anyOf: [{type: string}, {$ref: long}]}. There, $ref names a Go type; long is the type's own struct. So
//     does a field that says what its type cannot tell.
//   - {$ref: T, layer: true} is what can be laid under a T, where nothing is required. With nulls: true it is what can be laid
//     over one, where null takes away. Both may leave keys out and add some: without: [KEY], with: {KEY: SCHEMA}.
package generate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"maps"
	"slices"
	"strings"
)

// Draft is the version of JSON Schema that editors understand best.
const Draft = "http://json-schema.org/draft-07/schema#"

// Schema returns the schema of the file that is decoded into the struct type root of the package in dir, as indented JSON.
// Keys that have no comment take that of the same key of the type described.
func Schema(dir, root, title, described string) ([]byte, error) {
	s, err := read(dir)
	if err != nil {
		return nil, err
	}
	g := &generator{source: s, definitions: map[string]object{}, comments: map[string]string{}}
	if t, ok := s.structure(&ast.Ident{Name: described}); ok {
		keys, err := s.fields(t)
		if err != nil {
			return nil, err
		}
		for _, f := range keys {
			g.comments[f.key] = f.doc
		}
	}
	t, ok := s.types[root]
	if !ok {
		return nil, fmt.Errorf("there is no type %s in %s", root, dir)
	}
	body, err := g.declared(t)
	if err != nil {
		return nil, err
	}
	document := append(object{{"$schema", Draft}, {"title", title}}, body...)
	names := slices.Sorted(maps.Keys(g.definitions))
	definitions := object{}
	for _, name := range names {
		definitions = definitions.with(name, g.definitions[name])
	}
	flat, err := compact(document.with("definitions", definitions))
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := json.Indent(&out, flat, "", "  "); err != nil {
		return nil, err
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}

type generator struct {
	source      *source
	definitions map[string]object
	comments    map[string]string
	layer       layer
}

// declared returns the schema of a type of the package.
func (g *generator) declared(t *declared) (object, error) {
	if t.schema != nil {
		said, err := g.said(t, t.schema)
		if err != nil {
			return nil, err
		}
		schema, ok := said.(object)
		if !ok {
			return nil, fmt.Errorf("%s: %sis followed by {…}", t.at, directive)
		}
		return schema, nil
	}
	if t.decodes {
		return nil, fmt.Errorf("%s: %s has a decoder of its own: say above the type what it takes, as in\n%s{anyOf: [{type: string}, {$ref: long}]}", t.at, t.name, directive)
	}
	return g.expression(t.expr, t)
}

// said resolves the references of a directive.
func (g *generator) said(t *declared, v any) (any, error) {
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			resolved, err := g.said(t, item)
			if err != nil {
				return nil, err
			}
			out[i] = resolved
		}
		return out, nil
	case object:
		if name, ok := v.get("$ref"); ok {
			if name == "long" {
				return g.expression(t.expr, t)
			}
			if len(v) > 1 {
				return g.layered(t, v)
			}
			return g.expression(&ast.Ident{Name: fmt.Sprint(name)}, t)
		}
		out := object{}
		for _, m := range v {
			resolved, err := g.said(t, m.value)
			if err != nil {
				return nil, err
			}
			if element, ok := resolved.(object); ok && m.key == "additionalProperties" {
				resolved = g.layer.nullable(element)
			}
			out = out.with(m.key, resolved)
		}
		return out, nil
	}
	return v, nil
}

// expression returns the schema of a type as it is written in Go; inside is the type in whose declaration it stands.
func (g *generator) expression(e ast.Expr, inside *declared) (object, error) {
	switch e := e.(type) {
	case *ast.StarExpr:
		return g.expression(e.X, inside)
	case *ast.StructType:
		return g.structure(e)
	case *ast.MapType:
		element, err := g.element(e.Value, inside)
		return object{{"type", "object"}, {"additionalProperties", g.layer.nullable(element)}}, err
	case *ast.ArrayType:
		element, err := g.element(e.Elt, inside)
		return object{{"type", "array"}, {"items", element}}, err
	case *ast.Ident:
		switch e.Name {
		case "string":
			// A text may look like a number. It could look like true as well, but then an editor would offer that everywhere.
			return object{{"type", []any{"string", "number"}}}, nil
		case "bool":
			return object{{"type", "boolean"}}, nil
		case "int", "int32", "int64":
			return object{{"type", "integer"}}, nil
		case "any":
			return object{}, nil
		}
		if t, ok := g.source.types[e.Name]; ok {
			return g.named(t)
		}
	}
	return nil, fmt.Errorf("%s: no JSON Schema is known for this type", g.source.files.Position(e.Pos()))
}

// element is the schema of what a map or list holds. A text in it may look like anything: variables and arguments often do.
func (g *generator) element(e ast.Expr, inside *declared) (object, error) {
	if name, ok := e.(*ast.Ident); ok && name.Name == "string" {
		return object{{"type", []any{"string", "number", "boolean"}}}, nil
	}
	return g.expression(e, inside)
}

// named returns a reference to a type with keys, and the schema itself of any other type.
func (g *generator) named(t *declared) (object, error) {
	if _, ok := g.source.structure(t.expr); !ok && (t.schema == nil || !mentions(t.schema, "$ref")) {
		return g.declared(t)
	}
	name := t.name + g.layer.suffix()
	if _, done := g.definitions[name]; !done {
		g.definitions[name] = nil // a type may hold itself
		schema, err := g.declared(t)
		if err != nil {
			return nil, err
		}
		g.definitions[name] = append(object{{"description", t.doc}}, schema...)
	}
	return object{{"$ref", "#/definitions/" + name}}, nil
}

func mentions(v any, key string) bool {
	switch v := v.(type) {
	case []any:
		return slices.ContainsFunc(v, func(item any) bool { return mentions(item, key) })
	case object:
		return slices.ContainsFunc(v, func(m member) bool { return m.key == key || mentions(m.value, key) })
	}
	return false
}

func (g *generator) structure(t *ast.StructType) (object, error) {
	keys, err := g.source.fields(t)
	if err != nil {
		return nil, err
	}
	return g.object(keys)
}

// object returns the schema of a mapping with these keys and no others.
func (g *generator) object(keys []field) (object, error) {
	properties, required := object{}, []any{}
	for _, f := range keys {
		schema, err := g.property(f)
		if err != nil {
			return nil, err
		}
		properties = properties.with(f.key, g.layer.nullable(schema))
		if g.layer == whole && slices.Contains(f.options, "required") {
			required = append(required, f.key)
		}
	}
	out := object{{"type", "object"}, {"properties", properties}}
	if len(required) > 0 {
		out = out.with("required", required)
	}
	return out.with("additionalProperties", false), nil
}

func (g *generator) property(f field) (object, error) {
	doc := f.doc
	if doc == "" {
		doc = g.comments[f.key]
	}
	if doc == "" {
		return nil, fmt.Errorf("%s: the key %s has no comment: describe it in one sentence with its unit and its default", f.at, f.key)
	}
	p := parse(doc, f.name, f.key)
	schema, err := g.taken(f)
	if err != nil {
		return nil, err
	}
	out := append(object{{"description", p.description}}, schema...)
	if word, ok := p.value(); ok && isScalar(f.expr) {
		value, err := fromYAML(word)
		if err != nil {
			return nil, fmt.Errorf("%s: the default of %s: %w", f.at, f.key, err)
		}
		out = out.with("default", value)
	}
	if p.example != "" {
		value, err := fromYAML(p.example)
		if err != nil {
			return nil, fmt.Errorf("%s: the example of %s: %w", f.at, f.key, err)
		}
		if listsMappings(value) {
			// Editors that insert an example write such a one as [object Object]: it is for people, and for Samples.
			out[0].value = p.description + " Example: " + p.example
			return out.with("x-example", value), nil
		}
		out = out.with("examples", []any{value})
	}
	return out, nil
}

// listsMappings tells whether a value holds a list of mappings.
func listsMappings(v any) bool {
	switch v := v.(type) {
	case []any:
		return slices.ContainsFunc(v, func(item any) bool {
			_, mapping := item.(object)
			return mapping || listsMappings(item)
		})
	case object:
		return slices.ContainsFunc(v, func(m member) bool { return listsMappings(m.value) })
	}
	return false
}

// taken returns the schema of what a field takes.
func (g *generator) taken(f field) (object, error) {
	if f.schema != nil {
		return g.declared(&declared{name: f.name, at: f.at, expr: f.expr, schema: f.schema})
	}
	for _, option := range f.options {
		if words, ok := strings.CutPrefix(option, "enum="); ok {
			var enum []any
			for word := range strings.SplitSeq(words, "|") {
				enum = append(enum, word)
			}
			return object{{"type", "string"}, {"enum", enum}}, nil
		}
		if option != "required" && option != "or" && !strings.HasPrefix(option, "or=") {
			return nil, fmt.Errorf("%s: the option %q of the tag is not known: enum=A|B, required and or are", f.at, option)
		}
	}
	return g.expression(f.expr, nil)
}

// isScalar tells whether a default can be said in one word.
func isScalar(e ast.Expr) bool {
	_, ok := e.(*ast.Ident)
	return ok
}
