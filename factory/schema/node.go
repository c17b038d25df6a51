package schema

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Node is a JSON Schema, as far as ours go.
type Node struct {
	Description          string           `json:"description"`
	Ref                  string           `json:"$ref"`
	Type                 words            `json:"type"`
	Enum                 []any            `json:"enum"`
	Const                any              `json:"const"`
	Default              any              `json:"default"`
	Examples             []any            `json:"examples"`
	Example              any              `json:"x-example"` // one that editors cannot insert; it is among Examples, too
	Pattern              string           `json:"pattern"`
	Minimum              *float64         `json:"minimum"`
	Maximum              *float64         `json:"maximum"`
	Properties           map[string]*Node `json:"properties"`
	Required             []string         `json:"required"`
	AdditionalProperties *Node            `json:"additionalProperties"`
	Items                *Node            `json:"items"`
	AnyOf                []*Node          `json:"anyOf"`
	Definitions          map[string]*Node `json:"definitions"`

	// never is true for the schema false, which nothing fits.
	never bool
}

// words is a text or a list of texts.
type words []string

func (w *words) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*w = words{one}
		return nil
	}
	return json.Unmarshal(data, (*[]string)(w))
}

// UnmarshalJSON reads the schemas true and false, too.
func (n *Node) UnmarshalJSON(data []byte) error {
	switch string(data) {
	case "true":
		return nil
	case "false":
		n.never = true
		return nil
	}
	type plain Node
	if err := json.Unmarshal(data, (*plain)(n)); err != nil {
		return err
	}
	if n.Example != nil {
		n.Examples = append(n.Examples, n.Example)
	}
	if n.AdditionalProperties != nil && n.AdditionalProperties.never {
		n.AdditionalProperties = nil
	}
	return nil
}

// Schema is one of the two schemas, to be asked about keys.
type Schema struct{ root *Node }

// Parse reads Project or Service.
func Parse(data []byte) (*Schema, error) {
	s := &Schema{root: &Node{}}
	if err := json.Unmarshal(data, s.root); err != nil {
		return nil, fmt.Errorf("reading a JSON Schema: %w", err)
	}
	return s, nil
}

// forms returns what a node can be: itself, or what it refers to, or each of its alternatives.
func (s *Schema) forms(n *Node) []*Node {
	if name, ok := strings.CutPrefix(n.Ref, "#/definitions/"); ok {
		return s.forms(s.root.Definitions[name])
	}
	if len(n.AnyOf) == 0 {
		return []*Node{n}
	}
	var out []*Node
	for _, form := range n.AnyOf {
		out = append(out, s.forms(form)...)
	}
	return out
}

// Any stands in a path for any name in a mapping, and for any place in a list.
const Any = "*"

// Find returns the key at a path, in which Any, a name or a number stands for an entry of a mapping or a list.
func (s *Schema) Find(path ...string) (*Node, bool) {
	n := s.root
	for _, name := range path {
		next := s.child(n, name)
		if next == nil {
			return nil, false
		}
		n = next
	}
	return n, true
}

func (s *Schema) child(n *Node, name string) *Node {
	forms := s.forms(n)
	for _, form := range forms {
		if found := form.Properties[name]; found != nil {
			return found
		}
	}
	_, err := strconv.Atoi(name)
	for _, form := range forms {
		switch {
		case form.AdditionalProperties != nil:
			return form.AdditionalProperties
		case form.Items != nil && (name == Any || err == nil):
			return form.Items
		}
	}
	return nil
}

// Names returns the keys that can be said at a path, sorted; Any where every name is possible.
func (s *Schema) Names(path ...string) []string {
	n, ok := s.Find(path...)
	if !ok {
		return nil
	}
	var names []string
	for _, form := range s.forms(n) {
		for name := range form.Properties {
			names = append(names, name)
		}
		if form.AdditionalProperties != nil || form.Items != nil {
			names = append(names, Any)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// IsList tells whether the key at a path can hold a list and cannot hold a mapping.
func (s *Schema) IsList(path ...string) bool {
	n, ok := s.Find(path...)
	if !ok {
		return false
	}
	list := false
	for _, form := range s.forms(n) {
		if form.Properties != nil || form.AdditionalProperties != nil {
			return false
		}
		list = list || form.Items != nil
	}
	return list
}

// Keys calls visit for every key that can be said, parents first. Below a key for which visit returns false, and below a type
// that holds itself, nothing more is visited.
func (s *Schema) Keys(visit func(path []string, n *Node) bool) {
	s.keys(nil, s.root, nil, visit)
}

func (s *Schema) keys(path []string, n *Node, above []string, visit func([]string, *Node) bool) {
	if len(path) > 0 && !visit(path, n) || slices.Contains(above, n.Ref) {
		return
	}
	if n.Ref != "" {
		above = append(slices.Clip(above), n.Ref)
	}
	for _, name := range s.Names(path...) {
		if next := s.child(n, name); next != nil {
			s.keys(append(slices.Clip(path), name), next, above, visit)
		}
	}
}

// Words returns the only words that a key may have, or nil when it may have others.
func (s *Schema) Words(n *Node) []string {
	var words []string
	for _, form := range s.forms(n) {
		for _, word := range form.Enum {
			if text, ok := word.(string); ok {
				words = append(words, text)
			}
		}
	}
	return words
}

// TakesText tells whether a key can have a text that is not one of a few words, and of no pattern.
func (s *Schema) TakesText(n *Node) bool {
	for _, form := range s.forms(n) {
		if slices.Contains(form.Type, "string") && len(form.Enum) == 0 && form.Const == nil && form.Pattern == "" {
			return true
		}
	}
	return false
}
