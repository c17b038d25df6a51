package spec

import (
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// merger lays one layer of a spec over another, before anything is decoded. Neither layer is changed: what does not differ is
// shared between the services that have it.
//
// Mappings merge by key. A list whose items all have a distinct `name` merges by that, and a mapping over such a list speaks of
// its items by name. Everything else takes the place of what lies below: a text, another list, a short form over a long one.
type merger struct {
	*decoder
	nulls nulls
}

// nulls says what a null in the upper layer means.
type nulls int

const (
	// refuseNulls leaves a null to the decoder, which says that a value is missing.
	refuseNulls nulls = iota
	// removeIfSaid takes away what lies below, if there is any: one layer lies over many services.
	removeIfSaid
	// removeSaid takes away what lies below, and complains when there is nothing.
	removeSaid
)

// entries is implemented by types with a grammar of their own whose values are structs all the same.
type entries interface{ entry() reflect.Type }

// child returns the type of what a key of t holds, nil when it has a grammar of its own, and whether t can have the key.
func (m *merger) child(t reflect.Type, key string) (reflect.Type, bool) {
	t = pointedTo(t)
	if t == nil {
		return nil, true
	}
	if e, ok := reflect.Zero(t).Interface().(entries); ok {
		return e.entry(), true
	}
	switch t.Kind() {
	case reflect.Map:
		return t.Elem(), true
	case reflect.Struct:
		known := m.fieldsOf(t)
		i, ok := known.index[key]
		if !ok {
			return nil, len(known.keys) == 0
		}
		return t.Field(i).Type, true
	}
	return nil, true
}

func pointedTo(t reflect.Type) reflect.Type {
	if t != nil && t.Kind() == reflect.Pointer {
		return t.Elem()
	}
	return t
}

// merge returns what below and above say together. Either may be nil. T is what they are decoded into.
func (m *merger) merge(t reflect.Type, below, above *yaml.Node) *yaml.Node {
	switch {
	case above == nil:
		return below
	case below == nil:
		return m.alone(t, above)
	case !m.isPlain(below):
		return below // it is refused where it stands
	case below.Kind == yaml.MappingNode && above.Kind == yaml.MappingNode:
		return m.mappings(t, below, above)
	case below.Kind == yaml.SequenceNode:
		return m.list(t, below, above)
	}
	return m.alone(t, above)
}

func (m *merger) isPlain(n *yaml.Node) bool {
	return n.Kind != yaml.AliasNode && n.Anchor == "" && n.Style&yaml.TaggedStyle == 0
}

// alone returns what above says when nothing below has a part in it.
func (m *merger) alone(t reflect.Type, above *yaml.Node) *yaml.Node {
	if m.nulls == refuseNulls || above.Kind != yaml.MappingNode || !holdsNull(above) {
		return above
	}
	return m.mappings(t, &yaml.Node{Kind: yaml.MappingNode}, above)
}

func holdsNull(n *yaml.Node) bool {
	for i := 1; i < len(n.Content); i += 2 {
		if value := n.Content[i]; isNull(value) || value.Kind == yaml.MappingNode && holdsNull(value) {
			return true
		}
	}
	return false
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

func (m *merger) mappings(t reflect.Type, below, above *yaml.Node) *yaml.Node {
	o := overlay{merger: m, t: t, said: make(map[string]*yaml.Node, len(above.Content)/2), index: make(map[string]int, len(below.Content)/2)}
	o.content = append(make([]*yaml.Node, 0, len(below.Content)+len(above.Content)), below.Content...)
	for i := 0; i+1 < len(below.Content); i += 2 {
		o.index[below.Content[i].Value] = i
	}
	for i := 0; i+1 < len(above.Content); i += 2 {
		o.pair(above.Content[i], above.Content[i+1])
	}
	o.dropRivals()
	return m.like(above, slices.DeleteFunc(o.content, func(n *yaml.Node) bool { return n == nil }))
}

// overlay is a mapping that is being laid over another.
type overlay struct {
	*merger
	t       reflect.Type
	said    map[string]*yaml.Node // keys of the upper mapping
	index   map[string]int        // keys of the lower one, in content
	content []*yaml.Node          // keys and values in turn; nil where one goes away
}

func (o *overlay) pair(key, value *yaml.Node) {
	if key.Kind != yaml.ScalarNode {
		o.content = append(o.content, key, value) // the decoder refuses it
		return
	}
	if before := o.said[key.Value]; before != nil {
		o.twice(key, before)
		return
	}
	o.said[key.Value] = key
	child, known := o.child(o.t, key.Value)
	at, isBelow := o.index[key.Value]
	switch {
	case o.nulls != refuseNulls && isNull(value):
		o.remove(key, value, known)
	case isBelow:
		o.content[at], o.content[at+1] = key, o.merge(child, o.content[at+1], value)
	default:
		o.content = append(o.content, key, o.alone(child, value))
	}
}

func (o *overlay) remove(key, value *yaml.Node, known bool) {
	at, isBelow := o.index[key.Value]
	switch {
	case !known:
		o.unknown(key, o.fieldsOf(pointedTo(o.t)).keys)
	case value.Value == "":
		o.problem(value, "there is no value here: give one, or write null to remove what lies below")
	case isBelow:
		o.content[at], o.content[at+1] = nil, nil
	case o.nulls == removeSaid:
		o.nothing(key, sortedKeys(o.index))
	}
}

// nothing complains about a name that speaks of nothing that lies below.
func (o *overlay) nothing(key *yaml.Node, known []string) {
	next := didYouMean(key.Value, known)
	if !strings.HasPrefix(next, "did you mean") {
		next = "leave the line out"
	}
	o.problem(key, "nothing below says %q: %s", short(key.Value), next)
}

// dropRivals takes the lower layer's choice away when the upper one made another.
func (o *overlay) dropRivals() {
	t := pointedTo(o.t)
	if t == nil || t.Kind() != reflect.Struct {
		return
	}
	for _, rivals := range o.fieldsOf(t).rivals {
		chosen := slices.ContainsFunc(rivals.keys, func(key string) bool { return o.said[key] != nil })
		for _, key := range rivals.keys {
			if at, isBelow := o.index[key]; chosen && isBelow && o.said[key] == nil {
				o.content[at], o.content[at+1] = nil, nil
			}
		}
	}
}

// list lays something over a list.
func (m *merger) list(t reflect.Type, below, above *yaml.Node) *yaml.Node {
	var item reflect.Type
	if t = pointedTo(t); t != nil && t.Kind() == reflect.Slice {
		item = t.Elem()
	}
	names, named := namesOf(below)
	if !named {
		return m.alone(t, above)
	}
	o := overlay{merger: m, index: names, content: slices.Clone(below.Content)}
	_, aboveNamed := namesOf(above)
	switch {
	case above.Kind == yaml.MappingNode:
		o.byName(item, above)
	case aboveNamed:
		for _, entry := range above.Content {
			if at, ok := names[nameOf(entry)]; ok {
				o.content[at] = m.merge(item, o.content[at], entry)
			} else {
				o.content = append(o.content, m.alone(item, entry))
			}
		}
	default:
		return above
	}
	out := m.like(above, slices.DeleteFunc(o.content, func(n *yaml.Node) bool { return n == nil }))
	out.Kind, out.Tag = below.Kind, below.Tag
	return out
}

// byName lays a mapping over a list of named items: NAME: {what differs, or is added}, or NAME: null.
func (o *overlay) byName(item reflect.Type, above *yaml.Node) {
	o.pairs(above, func(key, value *yaml.Node) {
		at, ok := o.index[key.Value]
		removes := o.nulls != refuseNulls && isNull(value) && value.Value != ""
		switch {
		case removes && ok:
			o.content[at] = nil
		case removes:
			o.nothing(key, sortedKeys(o.index))
		case !ok && value.Kind == yaml.MappingNode:
			o.content = append(o.content, o.namedItem(item, key, value))
		case !ok:
			o.content = append(o.content, value) // the decoder refuses it
		default:
			o.content[at] = o.merge(item, o.content[at], value)
		}
	})
}

// namedItem returns an item of a list with the name that stands for it as a key.
func (o *overlay) namedItem(item reflect.Type, key, value *yaml.Node) *yaml.Node {
	name := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: "name", Line: key.Line, Column: key.Column}
	if file, ok := o.from.others[key]; ok {
		o.from.others[name] = file
	}
	return o.alone(item, o.like(value, append([]*yaml.Node{name, key}, value.Content...)))
}

// namesOf returns the items of a list by their names, and whether each has one of its own.
func namesOf(n *yaml.Node) (map[string]int, bool) {
	if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
		return nil, false
	}
	names := make(map[string]int, len(n.Content))
	for i, item := range n.Content {
		name := nameOf(item)
		if _, again := names[name]; name == "" || again {
			return nil, false
		}
		names[name] = i
	}
	return names, true
}

func nameOf(item *yaml.Node) string {
	if item.Kind != yaml.MappingNode {
		return ""
	}
	if _, value := below(item, "name"); value != nil && value.Kind == yaml.ScalarNode {
		return value.Value
	}
	return ""
}
