package explain

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/helm-chart-factory/factory/factory/schema"
	"github.com/helm-chart-factory/factory/factory/spec"
)

// specInput is something that people wrote into a spec: a value, or the name of a key.
type specInput struct {
	file  string
	path  keyPath
	at    spec.Position
	text  string
	isKey bool
	depth int
	// mark is the name that a key gets, where it gets another one.
	mark string
	// drafts are the service when something else stands there.
	drafts []func() *draft
}

// draft is what a service would be.
type draft struct {
	*Service
	// problems tells that the specs have some then.
	problems bool
}

// probe asks what a service gives its templates to read when something else stands in the spec.
func (in specInput) probe() probe {
	p := probe{depth: in.depth, mark: in.mark}
	for _, ask := range in.drafts {
		p.changes = append(p.changes, func() picture {
			d := ask()
			if d == nil {
				return nil
			}
			seen := d.valuesPicture(d.values())
			if d.problems && seen != nil {
				seen[doubtful] = ""
			}
			return seen
		})
	}
	return p
}

// specFile is one file that a service's values may depend on.
type specFile struct {
	name string
	root *yaml.Node
	keys *schema.Schema
}

// drafts answers what the values of a service would be.
type drafts struct {
	*Service
	related func(service string) bool
}

// of returns the service when a file has another text, or nil when that cannot be read at all.
func (d drafts) of(file string, root *yaml.Node) *draft {
	text, err := yaml.Marshal(root)
	if err != nil {
		return nil
	}
	p, problems := spec.LoadDraft(d.project.Dir, spec.Draft{Files: map[string][]byte{file: text}, Only: d.related})
	if p == nil {
		return nil
	}
	environment, err := p.Env(d.environment)
	if err != nil {
		return nil
	}
	s := environment.Service(d.name)
	if s == nil {
		return nil
	}
	return &draft{Service: &Service{there: environment, service: s, name: d.name}, problems: problems != nil}
}

// specInputs returns everything that is written in the files, with how to write it otherwise.
func (d drafts) specInputs(files []specFile) []specInput {
	var out []specInput
	for _, f := range files {
		d.walk(f, f.root, nil, &out)
	}
	return out
}

func (d drafts) walk(f specFile, n *yaml.Node, at keyPath, out *[]specInput) {
	input := func(n *yaml.Node, at keyPath) *specInput {
		*out = append(*out, specInput{file: f.name, path: at, at: spec.Position{File: f.name, Line: n.Line, Column: n.Column}, text: n.Value, depth: len(at)})
		return &(*out)[len(*out)-1]
	}
	written := func(n *yaml.Node, text string) func() *draft {
		return func() *draft {
			before := n.Value
			defer func() { n.Value = before }()
			n.Value = text
			return d.of(f.name, f.root)
		}
	}
	switch n.Kind {
	case yaml.DocumentNode:
		for _, child := range n.Content {
			d.walk(f, child, at, out)
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i]
			below := at.name(key.Value)
			if d.elsewhere(below) {
				continue
			}
			in := input(key, below)
			in.isKey, in.mark = true, key.Value+"x"
			if slices.Contains(f.keys.Names(at.names()...), key.Value) {
				// A key that is one of a few is left out; another name would only be a mistake.
				in.drafts = append(in.drafts, func() *draft {
					before := n.Content
					defer func() { n.Content = before }()
					n.Content = slices.Concat(before[:i], before[i+2:])
					return d.of(f.name, f.root)
				})
			} else {
				in.drafts = append(in.drafts, written(key, in.mark))
			}
			d.walk(f, n.Content[i+1], below, out)
		}
	case yaml.SequenceNode:
		for i, item := range n.Content {
			d.walk(f, item, at.item(i), out)
		}
	case yaml.ScalarNode:
		in := input(n, at)
		for _, text := range otherTexts(n, f.keys, at) {
			in.drafts = append(in.drafts, written(n, text))
		}
	}
}

// elsewhere tells whether a path speaks of another environment.
func (d drafts) elsewhere(p keyPath) bool {
	return len(p) == 2 && p[0].name == "environments" && p[1].name != d.environment
}

// otherTexts returns what could stand in the place of a scalar: the other words that are possible there, or one like it.
func otherTexts(n *yaml.Node, keys *schema.Schema, at keyPath) []string {
	if n.Value == "true" || n.Value == "false" {
		return []string{map[string]string{"true": "false", "false": "true"}[n.Value]}
	}
	if known, ok := keys.Find(at.names()...); ok {
		var words []string
		for _, word := range keys.Words(known) {
			if word != n.Value {
				words = append(words, word)
			}
		}
		if words != nil {
			return words
		}
	}
	return likeTexts(n.Value)
}

// specFiles returns the files that the values of the service may depend on, its own first.
func (s *Service) specFiles() ([]specFile, func(service string) bool, error) {
	own := s.service.Dir
	var files []specFile
	add := func(name string, keys *schema.Schema) ([]byte, error) {
		text, err := os.ReadFile(filepath.Join(s.project.Dir, filepath.FromSlash(name)))
		if err != nil {
			return nil, err
		}
		root := &yaml.Node{}
		if err := yaml.Unmarshal(text, root); err != nil {
			return nil, err
		}
		files = append(files, specFile{name: name, root: root, keys: keys})
		return text, nil
	}
	of := func(dir string) ([]byte, error) {
		text, err := add(dir+"/"+spec.ServiceFile, s.serviceKeys)
		override := dir + "/service." + s.environment + ".yaml"
		if _, missing := os.Stat(filepath.Join(s.project.Dir, override)); err == nil && s.environment != "" && missing == nil {
			_, err = add(override, s.serviceKeys)
		}
		return text, err
	}
	ours, err := of(own)
	if err != nil {
		return nil, nil, err
	}
	if _, err := add(spec.ProjectFile, s.projectKeys); err != nil {
		return nil, nil, err
	}
	related := []string{s.name}
	for _, other := range s.project.Services {
		if other.Name == s.name {
			continue
		}
		theirs, err := os.ReadFile(filepath.Join(s.project.Dir, other.Dir, spec.ServiceFile))
		if err != nil {
			return nil, nil, err
		}
		if !mentions(ours, other.Name) && !mentions(theirs, s.name) {
			continue
		}
		related = append(related, other.Name)
		if _, err := of(other.Dir); err != nil {
			return nil, nil, err
		}
	}
	return files, func(service string) bool { return slices.Contains(related, service) }, nil
}

// mentions tells whether a text has a name in it that is not a part of a longer word.
func mentions(text []byte, name string) bool {
	for rest := text; ; {
		i := bytes.Index(rest, []byte(name))
		if i < 0 {
			return false
		}
		before, after := i == 0 || !isWord(rest[i-1]), i+len(name) == len(rest) || !isWord(rest[i+len(name)])
		if before && after {
			return true
		}
		rest = rest[i+1:]
	}
}

func isWord(c byte) bool {
	return strings.IndexByte("-_", c) >= 0 || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
