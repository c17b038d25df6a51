package schemas

import (
	"encoding/base64"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/helm-chart-factory/factory/factory/spec"
)

// validate returns all that does not fit, in the order of the fields' names.
func (c *Catalog) validate(number int, fields map[string]any) []Violation {
	v := &validation{catalog: c, strict: true}
	v.value("", fields, &c.Schemas[number])
	return v.found
}

// validation is one walk through an object.
type validation struct {
	catalog *Catalog
	// strict reports fields that no schema names. What narrows another schema is not strict: it names only what it narrows.
	strict bool
	found  []Violation
}

func (v *validation) wrong(path, format string, args ...any) {
	v.found = append(v.found, Violation{Path: path, Text: fmt.Sprintf(format, args...)})
}

func (v *validation) schema(number int) *Schema { return &v.catalog.Schemas[number] }

func (v *validation) value(path string, value any, s *Schema) {
	if value == nil {
		return // the API takes it for a field that is not said
	}
	if s.Type != "" && !fits(value, s.Type) {
		v.wrong(path, "%s is wanted here, not %s", called(s.Type), kindOf(value))
		return
	}
	if len(s.Enum) > 0 && !slices.Contains(s.Enum, plain(value)) {
		v.enum(path, value, s)
	}
	switch value := value.(type) {
	case map[string]any:
		v.object(path, value, s)
	case []any:
		v.bounds(path, "items", len(value), s.MinItems, s.MaxItems)
		if s.Items != nil {
			for i, item := range value {
				v.value(path+"["+strconv.Itoa(i)+"]", item, v.schema(*s.Items))
			}
		}
	case string:
		v.text(path, value, s)
	case int64:
		v.number(path, float64(value), s)
	case float64:
		v.number(path, value, s)
	}
	v.beside(path, value, s)
}

func (v *validation) enum(path string, value any, s *Schema) {
	words := make([]string, len(s.Enum))
	for i, word := range s.Enum {
		words[i] = fmt.Sprint(word)
	}
	v.wrong(path, "%q is not possible here; %s", fmt.Sprint(value), spec.DidYouMean(fmt.Sprint(value), words))
}

func (v *validation) object(path string, fields map[string]any, s *Schema) {
	v.bounds(path, "fields", len(fields), s.MinFields, s.MaxFields)
	for _, name := range s.Required {
		if fields[name] == nil {
			v.wrong(join(path, name), "it is missing")
		}
	}
	open := s.Open || !v.strict || s.Fields == nil && s.Values == nil
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		number, known := s.Fields[name]
		switch {
		case known:
			v.value(join(path, name), fields[name], v.schema(number))
		case s.Values != nil:
			v.value(join(path, name), fields[name], v.schema(*s.Values))
		case !open:
			v.wrong(join(path, name), "unknown field%s", hint(name, s.Fields))
		}
	}
}

// hint ends a message about an unknown field with the known one nearest to it, or with all where they are few.
func hint(name string, fields map[string]int) string {
	const few = 12
	text := spec.DidYouMean(name, slices.Sorted(maps.Keys(fields)))
	if len(fields) > few && strings.HasPrefix(text, "known here") {
		return ""
	}
	return "; " + text
}

func (v *validation) text(path, value string, s *Schema) {
	v.bounds(path, "characters", utf8.RuneCountInString(value), s.MinLength, s.MaxLength)
	if s.Pattern != "" && !v.catalog.pattern(s.Pattern).MatchString(value) {
		v.wrong(path, "%q does not fit %s", value, s.Pattern)
	}
	switch {
	case s.Type == Quantity:
		if _, err := resource.ParseQuantity(value); err != nil {
			v.wrong(path, "%q is not an amount: write it as 100m, 0.5 or 64Mi", value)
		}
	case s.Format == "byte":
		if _, err := base64.StdEncoding.DecodeString(value); err != nil {
			v.wrong(path, "the value is not base64")
		}
	case s.Format == "date-time":
		if _, err := time.Parse(time.RFC3339, value); err != nil {
			v.wrong(path, "%q is not a time: write it as 2006-01-02T15:04:05Z", value)
		}
	}
}

func (v *validation) number(path string, value float64, s *Schema) {
	if s.Format == "int32" && (value < math.MinInt32 || value > math.MaxInt32) {
		v.wrong(path, "%.0f does not fit into 32 bits", value)
	}
	if s.Minimum != nil && value < *s.Minimum {
		v.wrong(path, "%v is below %v", value, *s.Minimum)
	}
	if s.Maximum != nil && value > *s.Maximum {
		v.wrong(path, "%v is above %v", value, *s.Maximum)
	}
}

func (v *validation) bounds(path, what string, n int, least, most *int64) {
	if least != nil && int64(n) < *least {
		v.wrong(path, "it has %d %s, and needs at least %d", n, what, *least)
	}
	if most != nil && int64(n) > *most {
		v.wrong(path, "it has %d %s, and takes at most %d", n, what, *most)
	}
}

// beside holds a value against the schemas that narrow its own.
func (v *validation) beside(path string, value any, s *Schema) {
	for _, number := range s.AllOf {
		v.found = append(v.found, v.narrow(path, value, number)...)
	}
	if fit := v.fitting(path, value, s.AnyOf); len(s.AnyOf) > 0 && fit == 0 {
		v.wrong(path, "it fits none of the %d forms that are possible: %s", len(s.AnyOf), v.causes(path, value, s.AnyOf))
	}
	switch fit := v.fitting(path, value, s.OneOf); {
	case len(s.OneOf) == 0 || fit == 1:
	case fit == 0:
		v.wrong(path, "it fits none of the %d forms that are possible: %s", len(s.OneOf), v.causes(path, value, s.OneOf))
	default:
		v.wrong(path, "it fits %d forms of which only one can be said", fit)
	}
	if s.Not != nil && len(v.narrow(path, value, *s.Not)) == 0 {
		v.wrong(path, "it holds what cannot be said together")
	}
}

func (v *validation) narrow(path string, value any, number int) []Violation {
	inner := &validation{catalog: v.catalog}
	inner.value(path, value, v.schema(number))
	return inner.found
}

func (v *validation) fitting(path string, value any, forms []int) int {
	n := 0
	for _, number := range forms {
		if len(v.narrow(path, value, number)) == 0 {
			n++
		}
	}
	return n
}

// causes says what each form lacks.
func (v *validation) causes(path string, value any, forms []int) string {
	var texts []string
	for _, number := range forms {
		for _, found := range v.narrow(path, value, number) {
			if text := strings.TrimPrefix(found.Path, path+".") + ": " + found.Text; !slices.Contains(texts, text) {
				texts = append(texts, text)
			}
		}
	}
	return strings.Join(texts, ", or ")
}

// pattern returns an expression, compiled once. The API server compiles it with the same library.
func (c *Catalog) pattern(expression string) *regexp.Regexp {
	compiled := c.patterns[expression]
	if compiled == nil {
		compiled = regexp.MustCompile(expression)
		c.patterns[expression] = compiled
	}
	return compiled
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	if strings.ContainsAny(name, ".[]/") {
		return path + `["` + name + `"]`
	}
	return path + "." + name
}
