package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
)

// enums returns the words that a field can hold, by the type's name and the field's, as "k8sio_api_core_v1_ContainerPort
// protocol". Kubernetes publishes them in the code that describes its types, not in swagger.json.
func enums(file string) (map[string][]string, error) {
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		return nil, fmt.Errorf("reading the types' descriptions: %w", err)
	}
	words := map[string][]string{}
	for _, d := range parsed.Decls {
		function, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		name, ok := strings.CutPrefix(function.Name.Name, "schema_")
		if !ok {
			continue
		}
		ast.Inspect(function, func(n ast.Node) bool {
			// A field's name, then its schema: "protocol": {SchemaProps: spec.SchemaProps{…, Enum: []interface{}{…}}}
			pair, ok := n.(*ast.KeyValueExpr)
			if !ok {
				return true
			}
			field, ok := text(pair.Key)
			if !ok {
				return true
			}
			if found := enumOf(pair.Value); found != nil {
				words[name+" "+field] = found
			}
			return false
		})
	}
	return words, nil
}

// enumOf returns the words of a field's own schema; those of the items of a list are left aside.
func enumOf(schema ast.Expr) []string {
	var found []string
	ast.Inspect(schema, func(n ast.Node) bool {
		pair, ok := n.(*ast.KeyValueExpr)
		if !ok {
			return true
		}
		key, ok := pair.Key.(*ast.Ident)
		if !ok {
			return true
		}
		switch key.Name {
		case "Items", "AdditionalProperties":
			return false
		case "Enum":
			list, ok := pair.Value.(*ast.CompositeLit)
			if !ok {
				return false
			}
			for _, item := range list.Elts {
				if word, ok := text(item); ok {
					found = append(found, word)
				}
			}
			return false
		}
		return true
	})
	return found
}

func text(e ast.Expr) (string, bool) {
	literal, ok := e.(*ast.BasicLit)
	if !ok || literal.Kind != token.STRING {
		return "", false
	}
	word, err := strconv.Unquote(literal.Value)
	return word, err == nil
}
