// Package k3s tells k3s about registries: it merges mirrors into registries.yaml
// (https://docs.k3s.io/installation/private-registry) and restarts k3s when that changed anything.
package k3s

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Mirror says where the images of one registry name are pulled from, in the order in which the places are tried.
type Mirror struct {
	Name      string   // as images are called: localhost:5000
	Endpoints []string // URLs
}

// Error is a registries.yaml that cannot be merged into. The file has been left as it was.
type Error struct {
	File   string
	Line   int // 0 where it is not known
	Column int
	Text   string
}

func (e *Error) Error() string {
	place := e.File
	if e.Line > 0 {
		place = fmt.Sprintf("%s:%d:%d", e.File, e.Line, max(e.Column, 1))
	}
	return place + ": " + e.Text + "\nnothing was changed"
}

// Merge returns content with every mirror in it. Endpoints are added behind those that a mirror has already; nothing is
// taken away, and content that lacks nothing comes back as it is. file is for messages.
func Merge(file string, content []byte, mirrors []Mirror) ([]byte, error) {
	for _, mirror := range mirrors {
		merged, err := mergeOne(file, content, mirror)
		if err != nil {
			return nil, err
		}
		content = merged
	}
	return content, nil
}

func mergeOne(file string, content []byte, mirror Mirror) ([]byte, error) {
	document, err := parse(file, content)
	if err != nil {
		return nil, err
	}
	missing, place, err := lacking(file, document, mirror)
	if err != nil || len(missing) == 0 {
		return content, err
	}
	said, err := meaning(document)
	if err != nil {
		return nil, &Error{File: file, Text: err.Error()}
	}
	wanted := withEndpoints(said, mirror.Name, missing)
	// Inserting lines leaves every other byte alone. What it cannot do, such as adding to a list in brackets, is done by
	// writing the whole document anew, which keeps comments and anchors but may change indentation.
	for _, attempt := range [](func() ([]byte, error)){
		func() ([]byte, error) { return insertLines(content, place, mirror.Name, missing) },
		func() ([]byte, error) { return rewrite(document, place, mirror.Name, missing) },
	} {
		merged, err := attempt()
		if err == nil && means(merged, wanted) {
			return merged, nil
		}
	}
	near := place.deepest()
	return nil, &Error{File: file, Line: near.Line, Column: near.Column, Text: fmt.Sprintf(
		"the mirror %q cannot be added without changing what else the file says: add it by hand, with the endpoint %s",
		mirror.Name, strings.Join(missing, ", "))}
}

// parse returns the file's one document; its node is nil where the file says nothing.
func parse(file string, content []byte) (*yaml.Node, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	var document, more yaml.Node
	if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
		return nil, nil
	} else if err != nil {
		return nil, yamlError(file, err)
	}
	if err := decoder.Decode(&more); !errors.Is(err, io.EOF) {
		if err != nil {
			return nil, yamlError(file, err)
		}
		return nil, &Error{File: file, Line: more.Line, Column: more.Column, Text: "a second document begins here: k3s reads one"}
	}
	if problem := strictly(&document); problem != nil {
		problem.File = file
		return nil, problem
	}
	return &document, nil
}

// yamlError turns "yaml: line 3: …" into a place.
func yamlError(file string, err error) error {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	e := &Error{File: file, Text: "this is no YAML: " + text}
	if _, scanErr := fmt.Sscanf(text, "line %d:", &e.Line); scanErr == nil {
		_, rest, _ := strings.Cut(text, ": ")
		e.Text = "this is no YAML: " + rest
	}
	return e
}

// strictly refuses what YAML libraries read differently: keys given twice.
func strictly(node *yaml.Node) *Error {
	if node.Kind == yaml.MappingNode {
		seen := map[string]bool{}
		for i := 0; i < len(node.Content); i += 2 {
			key := node.Content[i]
			if key.Kind == yaml.ScalarNode && key.Tag != "!!merge" && seen[key.Value] {
				return &Error{Line: key.Line, Column: key.Column, Text: fmt.Sprintf("the key %q is given twice", key.Value)}
			}
			seen[key.Value] = true
		}
	}
	for _, child := range node.Content {
		if problem := strictly(child); problem != nil {
			return problem
		}
	}
	return nil
}

// place is where a mirror is, or would go.
type place struct {
	root      *yaml.Node // the document's mapping, nil in an empty file
	mirrors   *yaml.Node // key "mirrors" and its value
	mirrorsOf *yaml.Node
	host      *yaml.Node // the mirror's key and value
	hostOf    *yaml.Node
	endpoint  *yaml.Node // key "endpoint" and its value
	list      *yaml.Node
}

// deepest is the node nearest to the endpoints that the file itself writes there, and not behind an alias.
func (p place) deepest() *yaml.Node {
	keys := []*yaml.Node{p.endpoint, p.host, p.mirrors, p.root}
	for i, above := range []*yaml.Node{p.hostOf, p.mirrorsOf} {
		if above != nil && above.Kind == yaml.AliasNode {
			keys[i] = nil
		}
	}
	for _, key := range keys {
		if key != nil {
			return key
		}
	}
	return &yaml.Node{}
}

// lacking tells which endpoints the mirror lacks, and how far the way to them exists.
func lacking(file string, document *yaml.Node, mirror Mirror) (missing []string, p place, err error) {
	wrong := func(node *yaml.Node, text string) ([]string, place, error) {
		return nil, place{}, &Error{File: file, Line: node.Line, Column: node.Column, Text: text}
	}
	missing = mirror.Endpoints
	if document == nil || isNull(document.Content[0]) {
		return missing, p, nil
	}
	p.root = document.Content[0]
	if p.root.Kind != yaml.MappingNode {
		return wrong(p.root, "want mirrors: and configs: here")
	}
	if p.mirrors, p.mirrorsOf = lookup(p.root, "mirrors"); p.mirrors == nil || isNull(p.mirrorsOf) {
		return missing, p, nil
	}
	if resolved(p.mirrorsOf).Kind != yaml.MappingNode {
		return wrong(p.mirrorsOf, "mirrors: wants registry names with their endpoints below it")
	}
	if p.host, p.hostOf = lookup(resolved(p.mirrorsOf), mirror.Name); p.host == nil || isNull(p.hostOf) {
		return missing, p, nil
	}
	if resolved(p.hostOf).Kind != yaml.MappingNode {
		return wrong(p.hostOf, fmt.Sprintf("the mirror %q wants endpoint: and its list", mirror.Name))
	}
	if p.endpoint, p.list = lookup(resolved(p.hostOf), "endpoint"); p.endpoint == nil || isNull(p.list) {
		return missing, p, nil
	}
	list := resolved(p.list)
	if list.Kind != yaml.SequenceNode {
		return wrong(p.list, fmt.Sprintf("the mirror %q wants a list of endpoints", mirror.Name))
	}
	missing = nil
	for _, endpoint := range mirror.Endpoints {
		same := func(node *yaml.Node) bool {
			return strings.TrimSuffix(resolved(node).Value, "/") == strings.TrimSuffix(endpoint, "/")
		}
		if !slices.ContainsFunc(list.Content, same) {
			missing = append(missing, endpoint)
		}
	}
	return missing, p, nil
}

func lookup(mapping *yaml.Node, key string) (found, value *yaml.Node) {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if resolved(mapping.Content[i]).Value == key {
			return mapping.Content[i], mapping.Content[i+1]
		}
	}
	return nil, nil
}

func resolved(node *yaml.Node) *yaml.Node {
	for node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	return node
}

func isNull(node *yaml.Node) bool { return node.Kind == yaml.ScalarNode && node.Tag == "!!null" }
