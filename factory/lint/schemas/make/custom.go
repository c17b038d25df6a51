package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"encoding/json"
	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/util/yaml"

	"github.com/helm-chart-factory/factory/factory/lint/schemas"
)

// custom adds the kinds that a project's CustomResourceDefinitions define.
func (s *store) custom(dir string, source customSource) error {
	for _, glob := range source.files {
		files, err := filepath.Glob(filepath.Join(dir, filepath.FromSlash(glob)))
		if err != nil {
			return err
		}
		if len(files) == 0 {
			return fmt.Errorf("no file fits %s", glob)
		}
		for _, file := range files {
			if err := s.definitions(file, source); err != nil {
				return fmt.Errorf("reading %s: %w", filepath.Base(file), err)
			}
		}
	}
	return nil
}

func (s *store) definitions(file string, source customSource) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	documents := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(data), 1<<20)
	for {
		var crd apiextensions.CustomResourceDefinition
		if err := documents.Decode(&crd); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		kind := crd.Spec.Names.Kind
		if crd.Kind != "CustomResourceDefinition" || source.kinds != nil && !slices.Contains(source.kinds, kind) {
			continue
		}
		for _, version := range crd.Spec.Versions {
			if !version.Served || version.Schema == nil || version.Schema.OpenAPIV3Schema == nil {
				continue
			}
			top := *version.Schema.OpenAPIV3Schema
			top.Type = "object"
			number, err := s.structural(top, true)
			if err != nil {
				return err
			}
			s.kind(source.name, crd.Spec.Group+"/"+version.Name, kind, number)
		}
	}
}

// structural converts a schema of a custom resource. The top one gets what the API server gives every object.
func (s *store) structural(p apiextensions.JSONSchemaProps, top bool) (int, error) {
	out := schemas.Schema{
		Type: p.Type, Format: format(p.Format), Required: required(p), Pattern: p.Pattern,
		Minimum: p.Minimum, Maximum: p.Maximum,
		MinLength: p.MinLength, MaxLength: p.MaxLength, MinItems: p.MinItems, MaxItems: p.MaxItems,
		MinFields: p.MinProperties, MaxFields: p.MaxProperties,
	}
	if p.XIntOrString {
		out.Type = schemas.IntOrString
	}
	if p.XEmbeddedResource || p.XPreserveUnknownFields != nil && *p.XPreserveUnknownFields {
		out.Open = true
	}
	for _, value := range p.Enum {
		var v any
		if err := json.Unmarshal(value.Raw, &v); err != nil {
			return 0, err
		}
		out.Enum = append(out.Enum, v)
	}
	if len(p.Properties) > 0 || top {
		out.Fields = map[string]int{}
	}
	for _, name := range slices.Sorted(maps.Keys(p.Properties)) {
		number, err := s.structural(p.Properties[name], false)
		if err != nil {
			return 0, err
		}
		out.Fields[name] = number
	}
	if top {
		word, err := s.add(schemas.Schema{Type: "string"})
		if err != nil {
			return 0, err
		}
		out.Fields["apiVersion"], out.Fields["kind"], out.Fields["metadata"] = word, word, s.meta
	}
	if err := s.nested(p, &out); err != nil {
		return 0, err
	}
	return s.add(out)
}

// required are the fields that have to be said: one with a default is filled in before anybody looks.
func required(p apiextensions.JSONSchemaProps) []string {
	var names []string
	for _, name := range slices.Sorted(slices.Values(p.Required)) {
		if p.Properties[name].Default == nil {
			names = append(names, name)
		}
	}
	return names
}

// nested converts the schemas within one.
func (s *store) nested(p apiextensions.JSONSchemaProps, out *schemas.Schema) error {
	one := func(from *apiextensions.JSONSchemaProps) (*int, error) {
		if from == nil {
			return nil, nil
		}
		number, err := s.structural(*from, false)
		return &number, err
	}
	several := func(from []apiextensions.JSONSchemaProps) ([]int, error) {
		var numbers []int
		for _, each := range from {
			number, err := s.structural(each, false)
			if err != nil {
				return nil, err
			}
			numbers = append(numbers, number)
		}
		return numbers, nil
	}
	var errs [6]error
	if p.Items != nil {
		out.Items, errs[0] = one(p.Items.Schema)
	}
	if p.AdditionalProperties != nil {
		if p.AdditionalProperties.Schema == nil {
			out.Open = out.Open || p.AdditionalProperties.Allows
		}
		out.Values, errs[1] = one(p.AdditionalProperties.Schema)
	}
	out.AllOf, errs[2] = several(p.AllOf)
	out.AnyOf, errs[3] = several(p.AnyOf)
	out.OneOf, errs[4] = several(p.OneOf)
	out.Not, errs[5] = one(p.Not)
	return errors.Join(errs[:]...)
}
