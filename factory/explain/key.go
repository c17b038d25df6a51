package explain

import (
	"strconv"
	"strings"

	"github.com/helm-chart-factory/factory/factory/schema"
	"github.com/helm-chart-factory/factory/factory/spec"
)

// Key is what the schema knows of a key of the specs.
type Key struct {
	// File is service.yaml or factory.yaml, and Name is the key in it, as a path.
	File string `json:"file"`
	Name string `json:"name"`
	// Meaning describes it.
	Meaning string `json:"meaning"`
	// Words are the only ones that are possible, where that is so.
	Words []string `json:"words,omitempty"`
	// Default is what holds when nothing is said, where that is the same for all.
	Default any `json:"default,omitempty"`
	// Examples are values that it could have.
	Examples []any `json:"examples,omitempty"`
	// List says that it holds a list.
	List bool `json:"list,omitempty"`
	// Keys are those below it, of a list those of its items; "*" where any name is possible.
	Keys []string `json:"keys,omitempty"`
	// Said is where the service, or the project, says it; empty when it does not.
	Said string `json:"said,omitempty"`
}

// Describe tells what a key means: SERVICE.KEY, with where that service says it, project.KEY for factory.yaml, or the KEY of any
// service.
func Describe(p *spec.Project, name string) (*Key, error) {
	first, rest, _ := strings.Cut(name, ".")
	k := &Key{File: spec.ServiceFile, Name: name}
	text := schema.Service
	var at func(path ...string) (spec.Position, bool)
	switch service := p.Service(first); {
	case service != nil && rest != "":
		k.Name, at = rest, service.Said
	case first == "project":
		k.File, k.Name, text, at = spec.ProjectFile, rest, schema.Project, p.Said
	}
	keys, err := schema.Parse(text)
	if err != nil {
		return nil, err
	}
	selectors, err := parseSelectors(k.Name)
	if err != nil {
		return nil, wrong("the key %v", err)
	}
	var path []string
	for _, s := range selectors {
		if _, err := strconv.Atoi(s.text); err != nil && keys.IsList(path...) {
			path = append(path, schema.Any) // a key of its items
		}
		path = append(path, s.text)
	}
	n, ok := keys.Find(path...)
	if !ok {
		if at == nil && len(path) == 1 {
			known := keys.Names()
			for _, s := range p.Services {
				known = append(known, s.Name)
			}
			return nil, wrong("%q is neither a service nor a key of service.yaml: %s", name, spec.DidYouMean(name, known))
		}
		return nil, unknownKey(keys, k, path)
	}
	k.Meaning, k.Words, k.Default, k.Examples, k.List = n.Description, keys.Words(n), n.Default, n.Examples, keys.IsList(path...)
	k.Keys = keys.Names(path...)
	if k.List {
		k.Keys = keys.Names(append(path, schema.Any)...)
	}
	if at != nil {
		if position, said := at(path...); said {
			k.Said = position.String()
		}
	}
	return k, nil
}

// unknownKey names what there is instead, at the deepest part of the path that is known.
func unknownKey(keys *schema.Schema, k *Key, path []string) error {
	known := path
	for len(known) > 0 {
		if _, ok := keys.Find(known...); ok {
			break
		}
		known = known[:len(known)-1]
	}
	where := k.File
	if len(known) > 0 {
		where = strings.Join(known, ".") + " of " + where
	}
	wrongName := path[len(known)]
	return wrong("%s has no key %q: %s", where, wrongName, spec.DidYouMean(wrongName, keys.Names(known...)))
}
