package spec

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
	kjson "sigs.k8s.io/json"
)

// Raw is a piece of a manifest in Kubernetes' own words, in the order of the file. Value is a string, int64, bool, RawMap or
// []any of these; nil when nothing is said. Texts arrive as they are written.
//
//spec:schema {type: [object, array, string, number, boolean]}
type Raw struct{ Value any }

// RawMap is a mapping in the order of the file.
type RawMap []RawEntry

// RawEntry is one key of a mapping.
type RawEntry struct {
	Key   string
	Value any
}

// Said tells whether there is anything.
func (r Raw) Said() bool { return r.Value != nil }

func (r *Raw) decodeNode(d *decoder, n *yaml.Node) { r.Value = d.raw(n) }

// raw reads a node as Kubernetes' YAML does, except that what can be read in two ways is refused.
func (d *decoder) raw(n *yaml.Node) any {
	if !d.plain(n) {
		return nil
	}
	switch n.Kind {
	case yaml.MappingNode:
		m := make(RawMap, 0, len(n.Content)/2)
		d.pairs(n, func(key, value *yaml.Node) {
			m = append(m, RawEntry{Key: key.Value, Value: d.raw(value)})
		})
		return m
	case yaml.SequenceNode:
		list := make([]any, len(n.Content))
		for i, item := range n.Content {
			list[i] = d.raw(item)
		}
		return list
	}
	if n.Style != 0 {
		s, _ := d.text(n)
		return s
	}
	switch n.Tag {
	case "!!int":
		i, _ := d.integer(n)
		return i
	case "!!bool":
		b, _ := d.boolean(n)
		return b
	case "!!float", "!!timestamp":
		d.problem(n, `%q can be read as a number, a date or a text: Kubernetes wants a text here, so write "%s"`, n.Value, n.Value)
		return n.Value
	}
	switch strings.ToLower(n.Value) {
	case "y", "n", "yes", "no", "on", "off":
		d.problem(n, `%q can be read as a text or as true or false: write "%s", true or false`, n.Value, n.Value)
	}
	s, _ := d.text(n)
	return s
}

// MarshalJSON writes what Kubernetes would read, with mappings in the order of the file.
func (r Raw) MarshalJSON() ([]byte, error) { return appendJSON(nil, r.Value) }

func appendJSON(b []byte, v any) ([]byte, error) {
	var err error
	switch v := v.(type) {
	case RawMap:
		b = append(b, '{')
		for i, e := range v {
			if i > 0 {
				b = append(b, ',')
			}
			if b, err = appendJSON(b, e.Key); err != nil {
				return nil, err
			}
			if b, err = appendJSON(append(b, ':'), e.Value); err != nil {
				return nil, err
			}
		}
		return append(b, '}'), nil
	case []any:
		b = append(b, '[')
		for i, item := range v {
			if i > 0 {
				b = append(b, ',')
			}
			if b, err = appendJSON(b, item); err != nil {
				return nil, err
			}
		}
		return append(b, ']'), nil
	}
	text, err := json.Marshal(v)
	return append(b, text...), err
}

// into reads the piece into a type of the Kubernetes API and returns what does not fit: an unknown field, a wrong type.
func (r Raw) into(target any) error {
	text, err := r.MarshalJSON()
	if err != nil {
		return err
	}
	strict, err := kjson.UnmarshalStrict(text, target)
	var mismatch *json.UnmarshalTypeError
	switch {
	case errors.As(err, &mismatch):
		return fmt.Errorf("%s is a %s, and Kubernetes takes %s here", cmp.Or(mismatch.Field, "it"), mismatch.Value, mismatch.Type)
	case err != nil:
		return err
	}
	return errors.Join(strict...)
}
