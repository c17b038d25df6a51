package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/helm-chart-factory/factory/factory/lint/schemas"
)

// definition is a type in Kubernetes' own OpenAPI description.
type definition struct {
	Ref        string                 `json:"$ref"`
	Type       string                 `json:"type"`
	Format     string                 `json:"format"`
	Properties map[string]*definition `json:"properties"`
	Required   []string               `json:"required"`
	Items      *definition            `json:"items"`
	Values     *definition            `json:"additionalProperties"`
	Kinds      []struct {
		Group, Version, Kind string
	} `json:"x-kubernetes-group-version-kind"`
}

// kubernetes adds the kinds of one version.
func (s *store) kubernetes(version, dir string) error {
	data, err := os.ReadFile(filepath.Join(dir, "api/openapi-spec/swagger.json"))
	if err != nil {
		return err
	}
	var swagger struct {
		Definitions map[string]*definition `json:"definitions"`
	}
	if err := json.Unmarshal(data, &swagger); err != nil {
		return fmt.Errorf("reading swagger.json: %w", err)
	}
	words, err := enums(filepath.Join(dir, "pkg/generated/openapi/zz_generated.openapi.go"))
	if err != nil {
		return err
	}
	c := &converter{store: s, definitions: swagger.Definitions, words: words, numbers: map[string]int{}}
	for _, name := range slices.Sorted(maps.Keys(swagger.Definitions)) {
		d := swagger.Definitions[name]
		// A type of several kinds is an option of requests; one without metadata is no object.
		if len(d.Kinds) != 1 || d.Properties["metadata"] == nil || strings.HasSuffix(d.Kinds[0].Kind, "List") {
			continue
		}
		number, err := c.named(name)
		if err != nil {
			return err
		}
		kind := d.Kinds[0]
		s.kind(version, strings.TrimPrefix(kind.Group+"/"+kind.Version, "/"), kind.Kind, number)
	}
	s.meta, err = c.named("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta")
	return err
}

// converter turns the definitions of one version into compact schemas.
type converter struct {
	store       *store
	definitions map[string]*definition
	words       map[string][]string
	numbers     map[string]int
	open        []string // the names that are being converted, to notice types that hold themselves
}

func (c *converter) named(name string) (int, error) {
	if number, done := c.numbers[name]; done {
		return number, nil
	}
	if slices.Contains(c.open, name) {
		return c.store.add(schemas.Schema{}) // what is deeper is taken as it is
	}
	c.open = append(c.open, name)
	number, err := c.convert(name, c.definitions[name])
	c.open = c.open[:len(c.open)-1]
	c.numbers[name] = number
	return number, err
}

func (c *converter) convert(name string, d *definition) (int, error) {
	if special, ok := special(name); ok {
		return c.store.add(special)
	}
	if d.Ref != "" {
		return c.named(d.Ref[strings.LastIndex(d.Ref, "/")+1:])
	}
	out := schemas.Schema{Type: d.Type, Format: format(d.Format), Required: d.Required}
	slices.Sort(out.Required)
	if len(d.Properties) > 0 {
		out.Fields = map[string]int{}
	}
	for _, field := range slices.Sorted(maps.Keys(d.Properties)) {
		number, err := c.convert("", d.Properties[field])
		if err != nil {
			return 0, err
		}
		if allowed := c.words[goName(name)+" "+field]; allowed != nil {
			if number, err = c.store.add(schemas.Schema{Type: "string", Enum: texts(allowed)}); err != nil {
				return 0, err
			}
		}
		out.Fields[field] = number
	}
	var err error
	if out.Items, err = c.optional(d.Items); err != nil {
		return 0, err
	}
	if out.Values, err = c.optional(d.Values); err != nil {
		return 0, err
	}
	return c.store.add(out)
}

func (c *converter) optional(d *definition) (*int, error) {
	if d == nil {
		return nil, nil
	}
	number, err := c.convert("", d)
	return &number, err
}

// special are the types whose JSON is not what their definition says.
func special(name string) (schemas.Schema, bool) {
	switch name[strings.LastIndex(name, ".")+1:] {
	case "Quantity":
		return schemas.Schema{Type: schemas.Quantity}, true
	case "IntOrString":
		return schemas.Schema{Type: schemas.IntOrString}, true
	case "JSONSchemaProps", "JSON", "JSONSchemaPropsOrArray", "JSONSchemaPropsOrBool", "JSONSchemaPropsOrStringArray":
		return schemas.Schema{}, true
	case "RawExtension", "FieldsV1", "Patch":
		return schemas.Schema{Type: "object"}, true
	}
	return schemas.Schema{}, false
}

// format keeps the formats that are looked at.
func format(f string) string {
	switch f {
	case "int32", "byte", "date-time":
		return f
	}
	return ""
}

// goName returns how the generated code calls a type: io.k8s.api.core.v1.Pod is k8sio_api_core_v1_Pod.
func goName(name string) string {
	rest, ok := strings.CutPrefix(name, "io.k8s.")
	if !ok {
		return name
	}
	return "k8sio_" + strings.ReplaceAll(rest, ".", "_")
}

func texts(words []string) []any {
	out := make([]any, len(words))
	for i, word := range words {
		out[i] = word
	}
	return out
}
