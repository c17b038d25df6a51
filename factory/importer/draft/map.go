// Package draft holds what an import makes: the keys of specs, each with what it comes from, the files beside
// them, and the findings about what could not be carried over. It knows neither Compose nor Kubernetes.
package draft

import (
	"iter"
	"slices"
	"strconv"

	"github.com/helm-chart-factory/factory/factory/importer/source"
)

// Value is what a key of a draft holds: Text, Plain, Number, Bool, List or *Map.
type Value interface{ value() }

// Text is a text that somebody chose: it is written so that YAML reads it as a text.
type Text string

// Plain is a word of the spec's own: a duration, a quantity, a kind. It is written without quotes.
type Plain string

// Number is a whole number.
type Number int64

// Bool is true or false.
type Bool bool

// List is a list of values.
type List []Value

// Map are keys with values in their order.
type Map struct {
	entries []entry // one without a value is gone
	index   map[string]int
}

type entry struct {
	key     string
	value   Value
	from    *source.Node
	comment string
}

func (Text) value()   {}
func (Plain) value()  {}
func (Number) value() {}
func (Bool) value()   {}
func (List) value()   {}
func (*Map) value()   {}

// NewMap returns a map without keys.
func NewMap() *Map { return &Map{index: map[string]int{}} }

// Texts returns a list of texts.
func Texts(items ...string) List {
	list := make(List, len(items))
	for i, item := range items {
		list[i] = Text(item)
	}
	return list
}

// Set gives a key its value and what it comes from, nil when the source does not say it. It returns the map, to set the next one.
func (m *Map) Set(key string, value Value, from *source.Node) *Map {
	if i := m.find(key); i >= 0 {
		m.entries[i].value, m.entries[i].from = value, from
		return m
	}
	m.index[key] = len(m.entries)
	m.entries = append(m.entries, entry{key: key, value: value, from: from})
	return m
}

// At returns the map that a key holds, which is made when it is not there.
func (m *Map) At(key string, from *source.Node) *Map {
	if inner, ok := m.Get(key).(*Map); ok {
		return inner
	}
	inner := NewMap()
	m.Set(key, inner, from)
	return inner
}

// Get returns the value of a key, or nil.
func (m *Map) Get(key string) Value {
	if i := m.find(key); i >= 0 {
		return m.entries[i].value
	}
	return nil
}

// Has tells whether the key is there.
func (m *Map) Has(key string) bool { return m.find(key) >= 0 }

// Len counts the keys.
func (m *Map) Len() int { return len(m.index) }

// said gives the entries that are there.
func (m *Map) said() iter.Seq[*entry] {
	return func(yield func(*entry) bool) {
		for i := range m.entries {
			if m.entries[i].value != nil && !yield(&m.entries[i]) {
				return
			}
		}
	}
}

// Keys returns the keys in their order.
func (m *Map) Keys() []string {
	var keys []string
	for e := range m.said() {
		keys = append(keys, e.key)
	}
	return keys
}

// Comment puts a remark behind a key.
func (m *Map) Comment(key, text string) {
	if i := m.find(key); i >= 0 {
		m.entries[i].comment = text
	}
}

// From returns what a key comes from, or nil.
func (m *Map) From(key string) *source.Node {
	if i := m.find(key); i >= 0 {
		return m.entries[i].from
	}
	return nil
}

// Drop takes a key out.
func (m *Map) Drop(key string) {
	if i := m.find(key); i >= 0 {
		m.entries[i].value = nil
		delete(m.index, key)
	}
}

func (m *Map) find(key string) int {
	if i, ok := m.index[key]; ok {
		return i
	}
	return -1
}

// listsOfEqual are the lists whose items stand for themselves: one can go and the others keep their meaning.
var listsOfEqual = []string{"needs", "hosts", "access", "envFrom", "pullSecrets", "tolerations", "manifests", "from", "to", "parents"}

// Cut takes out what a path leads to: a key, or an item of a list whose items stand for themselves; another list goes whole.
// What gets empty by that goes too. It returns the way to what is gone, and what that came from; nil when the path leads nowhere.
func (m *Map) Cut(path ...string) (gone []string, from *source.Node) {
	if len(path) == 0 {
		return nil, nil
	}
	i := m.find(path[0])
	if i < 0 {
		return nil, nil
	}
	e := &m.entries[i]
	switch value := e.value.(type) {
	case *Map:
		if gone, from = value.Cut(path[1:]...); gone != nil {
			if from == nil {
				from = e.from
			}
			if value.Len() == 0 {
				m.Drop(path[0])
			}
			return append([]string{path[0]}, gone...), from
		}
	case List:
		if len(path) > 1 && len(value) > 1 && slices.Contains(listsOfEqual, path[0]) {
			if item, err := strconv.Atoi(path[1]); err == nil && item < len(value) {
				e.value = slices.Delete(slices.Clone(value), item, item+1)
				return path[:2], e.from
			}
		}
	}
	from = e.from
	m.Drop(path[0])
	return path[:1], from
}
