package spec

import (
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// decoder fills Go values from YAML nodes, strictly: what a type does not name is a problem, nothing is guessed,
// and decoding goes on after a problem so that all of them are found in one run.
//
// Struct fields say their key in a `spec:"key"` tag. Its options: enum=A|B names the only words that the field takes; or marks fields
// that exclude one another, so that a layer which says one of them takes the place of the others below it (see merger), and or=NAME
// does when a struct has several such groups; required is
// for the JSON Schema, which is made from the same tags (see factory/schema/generate). A field that already holds a value keeps it
// unless the YAML says otherwise, which is how built-in defaults are laid underneath; maps merge by key, lists replace.
type decoder struct {
	problems *Problems
	fields   map[reflect.Type]*fields
	// from tells where nodes stand. It is set before each file.
	from *source
}

// fields are the keys of one struct type, in the order of their declaration.
type fields struct {
	keys   []string
	index  map[string]int
	words  map[string][]string // by key, where only some are possible
	rivals []rivals
}

// rivals are keys of which a layer says one instead of another.
type rivals struct {
	group string
	keys  []string
}

// nodeDecoder is implemented by types that have a short form or a grammar of their own.
type nodeDecoder interface {
	decodeNode(d *decoder, n *yaml.Node)
}

func newDecoder(problems *Problems) *decoder {
	return &decoder{problems: problems, fields: map[reflect.Type]*fields{}}
}

func (d *decoder) at(n *yaml.Node) Position {
	return d.from.position(n)
}

func (d *decoder) problem(n *yaml.Node, format string, args ...any) {
	d.problems.add(d.at(n), format, args...)
}

// decode fills target, a pointer, from n.
func (d *decoder) decode(n *yaml.Node, target any) {
	d.value(n, reflect.ValueOf(target).Elem())
}

func (d *decoder) value(n *yaml.Node, v reflect.Value) {
	if !d.plain(n) {
		return
	}
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		v = v.Elem()
	}
	if custom, ok := v.Addr().Interface().(nodeDecoder); ok {
		custom.decodeNode(d, n)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		d.structure(n, v)
	case reflect.Map:
		d.mapping(n, v)
	case reflect.Slice:
		d.sequence(n, v)
	case reflect.Bool:
		if b, ok := d.boolean(n); ok {
			v.SetBool(b)
		}
	case reflect.Int, reflect.Int64:
		if i, ok := d.integer(n); ok {
			v.SetInt(i)
		}
	case reflect.String:
		if s, ok := d.text(n); ok {
			v.SetString(s)
		}
	default:
		panic("spec: no decoding for " + v.Type().String())
	}
}

// plain refuses what a spec does not use of YAML: references to other nodes, tags, and keys that say nothing.
func (d *decoder) plain(n *yaml.Node) bool {
	switch {
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		d.problem(n, "YAML anchors and aliases are not used in specs: write the value out, or put it under defaults in %s", ProjectFile)
	case n.Style&yaml.TaggedStyle != 0:
		d.problem(n, "the YAML tag %s is not used in specs: leave it out", n.Tag)
	case n.Kind == yaml.ScalarNode && n.Tag == "!!null":
		d.problem(n, `there is no value here: give one (the empty text is ""), or leave the line out`)
	default:
		return true
	}
	return false
}

func (d *decoder) structure(n *yaml.Node, v reflect.Value) {
	if !d.kind(n, yaml.MappingNode) {
		return
	}
	known := d.fieldsOf(v.Type())
	d.pairs(n, func(key, value *yaml.Node) {
		i, ok := known.index[key.Value]
		if !ok {
			d.unknown(key, known.keys)
			return
		}
		before := len(*d.problems)
		d.value(value, v.Field(i))
		words, closed := known.words[key.Value]
		if closed && len(*d.problems) == before && !slices.Contains(words, value.Value) {
			d.problem(value, "unknown %s %q: %s", key.Value, short(value.Value), didYouMean(value.Value, words))
		}
	})
}

func (d *decoder) mapping(n *yaml.Node, v reflect.Value) {
	if !d.kind(n, yaml.MappingNode) {
		return
	}
	// A map from the defaults is shared between services: fill a copy.
	merged := reflect.MakeMapWithSize(v.Type(), v.Len()+len(n.Content)/2)
	for entries := v.MapRange(); entries.Next(); {
		merged.SetMapIndex(entries.Key(), entries.Value())
	}
	d.pairs(n, func(key, value *yaml.Node) {
		element := reflect.New(v.Type().Elem()).Elem()
		d.value(value, element)
		merged.SetMapIndex(reflect.ValueOf(key.Value).Convert(v.Type().Key()), element)
	})
	v.Set(merged)
}

func (d *decoder) sequence(n *yaml.Node, v reflect.Value) {
	if !d.kind(n, yaml.SequenceNode) {
		return
	}
	list := reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content))
	for i, item := range n.Content {
		d.value(item, list.Index(i))
	}
	v.Set(list)
}

// pairs calls each for every key of a mapping once; a repeated key is a problem.
func (d *decoder) pairs(n *yaml.Node, each func(key, value *yaml.Node)) {
	first := make(map[string]*yaml.Node, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch before := first[key.Value]; {
		case key.Kind != yaml.ScalarNode || key.Style&yaml.TaggedStyle != 0 || key.Anchor != "":
			d.problem(key, "a key is a plain word: write it without brackets, anchors and tags")
		case key.Tag == "!!merge":
			d.problem(key, "YAML merge keys are not used in specs: write the keys out, or put them under defaults in %s", ProjectFile)
		case before != nil:
			d.twice(key, before)
		default:
			first[key.Value] = key
			each(key, value)
		}
	}
}

func (d *decoder) twice(key, before *yaml.Node) {
	d.problem(key, "%q is said twice, first in line %d: keep one of them", short(key.Value), before.Line)
}

func (d *decoder) unknown(key *yaml.Node, known []string) {
	d.problem(key, "unknown key %q: %s", short(key.Value), instead(key.Value, known))
}

// like returns a node with other content that stands where n does.
func (d *decoder) like(n *yaml.Node, content []*yaml.Node) *yaml.Node {
	out := *n
	out.Content = content
	if file, ok := d.from.others[n]; ok {
		d.from.others[&out] = file
	}
	return &out
}

// findKey looks through key and value nodes in turn.
func findKey(pairs []*yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i].Value == key {
			return pairs[i]
		}
	}
	return nil
}

func (d *decoder) kind(n *yaml.Node, want yaml.Kind) bool {
	if n.Kind == want {
		return true
	}
	names := map[yaml.Kind]string{
		yaml.MappingNode:  "keys with values (NAME: …)",
		yaml.SequenceNode: "a list ([a, b])",
		yaml.ScalarNode:   "a single value",
	}
	d.problem(n, "%s is wanted here, not %s", names[want], names[n.Kind])
	return false
}

func (d *decoder) fieldsOf(t reflect.Type) *fields {
	if known, ok := d.fields[t]; ok {
		return known
	}
	known := &fields{index: map[string]int{}, words: map[string][]string{}}
	for i := range t.NumField() {
		key, options, _ := strings.Cut(t.Field(i).Tag.Get("spec"), ",")
		if key == "" {
			continue
		}
		known.keys = append(known.keys, key)
		known.index[key] = i
		for option := range strings.SplitSeq(options, ",") {
			if words, ok := strings.CutPrefix(option, "enum="); ok {
				known.words[key] = strings.Split(words, "|")
			}
			if group, ok := strings.CutPrefix(option, "or"); ok {
				known.rival(group, key)
			}
		}
	}
	d.fields[t] = known
	return known
}

// rival notes that a key excludes the others of its group.
func (f *fields) rival(group, key string) {
	for i := range f.rivals {
		if f.rivals[i].group == group {
			f.rivals[i].keys = append(f.rivals[i].keys, key)
			return
		}
	}
	f.rivals = append(f.rivals, rivals{group: group, keys: []string{key}})
}
