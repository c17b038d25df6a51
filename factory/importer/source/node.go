// Package source holds what an import reads: YAML documents whose every value knows the file, line and column that it was
// written in, with anchors, aliases and merge keys resolved.
package source

import (
	"slices"
	"strconv"
	"strings"

	"github.com/helm-chart-factory/factory/factory/spec"
)

// Kind is the shape of a value.
type Kind int

// The shapes that a value can have.
const (
	Null Kind = iota
	Scalar
	Mapping
	Sequence
)

func (k Kind) String() string {
	return [...]string{"nothing", "a single value", "keys with values", "a list"}[k]
}

// Node is one value of a document.
type Node struct {
	// At is where it was written; the value of an alias stands at its anchor.
	At spec.Position
	// Kind is its shape. A missing value, ~ and null are Null.
	Kind Kind
	// Text is a scalar exactly as written, without quotes.
	Text string
	// Tag is the type that YAML gives to a scalar (!!str, !!int, !!float, !!bool, …), or a tag that is written out, as in
	// !reset.
	Tag string
	// Pairs are the keys and values of a Mapping in the order of the file; no key twice.
	Pairs []Pair
	// Items are those of a Sequence.
	Items []*Node
	// Parts are set by who fills variables in: the text in pieces, when one of them must not be seen.
	Parts []Part
	// Missing are the variables in the text that nobody gave a value.
	Missing []string

	name   string // key or index in the parent
	parent *Node
	index  map[string]int // of Pairs by key, when there are many
}

// Part is a piece of a text. Hidden is the name of the variable that it came from, when its value must not be written anywhere.
type Part struct {
	Text   string
	Hidden string
}

// Pair is a key and its value.
type Pair struct {
	Key, Value *Node
}

// Get returns the value of a key, or nil. A nil node has no keys.
func (n *Node) Get(path ...string) *Node {
	for _, key := range path {
		if n == nil {
			return nil
		}
		i := n.find(key)
		if i < 0 {
			return nil
		}
		n = n.Pairs[i].Value
	}
	return n
}

// find returns where a key stands in Pairs, or -1.
func (n *Node) find(key string) int {
	const few = 16
	if len(n.Pairs) <= few {
		return slices.IndexFunc(n.Pairs, func(p Pair) bool { return p.Key.Text == key })
	}
	if len(n.index) != len(n.Pairs) {
		n.index = make(map[string]int, len(n.Pairs))
		for i, pair := range n.Pairs {
			n.index[pair.Key.Text] = i
		}
	}
	if i, ok := n.index[key]; ok {
		return i
	}
	return -1
}

// Is tells whether there is a value and it has that shape.
func (n *Node) Is(kind Kind) bool { return n != nil && n.Kind == kind }

// Item returns an item of a list, or nil.
func (n *Node) Item(i int) *Node {
	if n == nil || i >= len(n.Items) {
		return nil
	}
	return n.Items[i]
}

// Said tells whether there is a value other than null.
func (n *Node) Said() bool { return n != nil && n.Kind != Null }

// Field returns the way to the value from the top of its document, as in services.web.ports[0].
func (n *Node) Field() string {
	var names []string
	for ; n != nil && n.parent != nil; n = n.parent {
		name := n.name
		switch {
		case n.parent.Kind == Sequence:
			name = "[" + name + "]"
		case strings.ContainsAny(name, ".[] "):
			name = "[" + strconv.Quote(name) + "]"
		default:
			name = "." + name
		}
		names = append(names, name)
	}
	var b strings.Builder
	for i := len(names) - 1; i >= 0; i-- {
		b.WriteString(names[i])
	}
	return strings.TrimPrefix(b.String(), ".")
}

// Place is a line and a column.
type Place struct{ Line, Column int }

// Places returns the path of the key or the value that is written at each place of a document, the outermost one.
func (n *Node) Places() map[Place][]string {
	places := map[Place][]string{}
	var walk func(n *Node, path []string)
	mark := func(n *Node, path []string) {
		place := Place{n.At.Line, n.At.Column}
		if _, taken := places[place]; !taken {
			places[place] = path
		}
	}
	walk = func(n *Node, path []string) {
		for _, pair := range n.Pairs {
			below := append(slices.Clone(path), pair.Key.Text)
			mark(pair.Key, below)
			mark(pair.Value, below)
			walk(pair.Value, below)
		}
		for i, item := range n.Items {
			below := append(slices.Clone(path), strconv.Itoa(i))
			mark(item, below)
			walk(item, below)
		}
	}
	walk(n, nil)
	return places
}

// Name returns the key or the index that the value has in its parent.
func (n *Node) Name() string { return n.name }

// Set gives a key another value, or adds it. The value becomes a part of n.
func (n *Node) Set(key, value *Node) {
	value.name, value.parent = key.Text, n
	key.name, key.parent = key.Text, n
	if i := n.find(key.Text); i >= 0 {
		n.Pairs[i] = Pair{key, value}
		return
	}
	n.Pairs = append(n.Pairs, Pair{key, value})
	if n.index != nil {
		n.index[key.Text] = len(n.Pairs) - 1
	}
}

// Remove takes a key out.
func (n *Node) Remove(key string) {
	if i := n.find(key); i >= 0 {
		n.Pairs, n.index = append(n.Pairs[:i:i], n.Pairs[i+1:]...), nil
	}
}

// Like returns a value of another shape, without content, at the same place of the document.
func (n *Node) Like(kind Kind) *Node {
	return &Node{At: n.At, Kind: kind, name: n.name, parent: n.parent}
}

// Append adds an item to a sequence. The value becomes a part of n.
func (n *Node) Append(value *Node) {
	value.name, value.parent = strconv.Itoa(len(n.Items)), n
	n.Items = append(n.Items, value)
}

// Copy returns the value with all that is in it, as a document of its own at the same place.
func (n *Node) Copy() *Node {
	c := *n
	c.parent, c.Pairs, c.Items, c.index = nil, nil, nil, nil
	for _, p := range n.Pairs {
		key, value := *p.Key, p.Value.Copy()
		value.name, value.parent, key.parent = key.Text, &c, &c
		c.Pairs = append(c.Pairs, Pair{&key, value})
	}
	for _, item := range n.Items {
		c.Append(item.Copy())
	}
	return &c
}

// Shorten cuts a text for a message.
func Shorten(s string) string {
	if runes := []rune(s); len(runes) > 60 {
		return string(runes[:60]) + "…"
	}
	return s
}
