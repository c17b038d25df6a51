package plan

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Path is where a field is in an object, from its root.
type Path []Step

// Step is one key of a map, or one entry of a list.
type Step struct {
	// Name is the key, or what the entry is known by: its name, its port, its number.
	Name string
	// Key holds the fields that tell the entry from its siblings, such as {"name": "web"}; nil for a map's key.
	Key map[string]any
	// Index is the entry's number when nothing else tells it from its siblings; -1 otherwise.
	Index int
}

func field(name string) Step { return Step{Name: name, Index: -1} }

var plainKey = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)

// String writes the path as spec.template.spec.containers[web].image and data[nginx.conf].
func (p Path) String() string {
	var text strings.Builder
	for i, step := range p {
		switch {
		case step.Key != nil || step.Index >= 0 || !plainKey.MatchString(step.Name):
			fmt.Fprintf(&text, "[%s]", step.Name)
		case i == 0:
			text.WriteString(step.Name)
		default:
			text.WriteString("." + step.Name)
		}
	}
	return text.String()
}

// MarshalText writes the path into JSON as String does.
func (p Path) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

func (p Path) with(step Step) Path { return append(slices.Clip(slices.Clone(p)), step) }

// under tells whether the path begins with these keys.
func (p Path) under(keys ...string) bool {
	if len(p) < len(keys) {
		return false
	}
	for i, key := range keys {
		if p[i].Key != nil || p[i].Name != key {
			return false
		}
	}
	return true
}

// in returns what is at the path below a value.
func (p Path) in(value any) (any, bool) {
	for _, step := range p {
		switch v := value.(type) {
		case map[string]any:
			next, ok := v[step.Name]
			if !ok || step.Key != nil || step.Index >= 0 {
				return nil, false
			}
			value = next
		case []any:
			i := step.find(v)
			if i < 0 {
				return nil, false
			}
			value = v[i]
		default:
			return nil, false
		}
	}
	return value, true
}

func (s Step) find(list []any) int {
	if s.Key == nil {
		if s.Index >= len(list) {
			return -1
		}
		return s.Index
	}
	return slices.IndexFunc(list, func(entry any) bool {
		m, ok := entry.(map[string]any)
		if !ok {
			return false
		}
		for key, want := range s.Key {
			if have, ok := keyValue(m, key); !ok || have != want {
				return false
			}
		}
		return true
	})
}
