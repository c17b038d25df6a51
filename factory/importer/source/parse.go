package source

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/helm-chart-factory/factory/factory/spec"
)

// What a file may hold, so that none keeps the import busy: its size in bytes, the values that its aliases stand for
// included, and how deep they are nested.
const (
	LongestFile = 4 << 20
	mostNodes   = 200_000
	deepest     = 100
)

// Parse reads every document of a file; empty ones are left out. The error is spec.Problems.
func Parse(file string, data []byte) ([]*Node, error) {
	p := &parser{file: file}
	if len(data) > LongestFile {
		p.fail(spec.Position{File: file}, "it is %d bytes long, and what is imported is at most %d", len(data), LongestFile)
		return nil, p.problems
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var documents []*Node
	for {
		var document yaml.Node
		err := decoder.Decode(&document)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			p.notYAML(err)
			break
		}
		if len(document.Content) != 1 {
			continue
		}
		if n := p.node(document.Content[0], 0); n.Kind != Null {
			documents = append(documents, n)
		}
		if p.full {
			break
		}
	}
	if len(p.problems) > 0 {
		return nil, p.problems
	}
	return documents, nil
}

type parser struct {
	file     string
	problems spec.Problems
	count    int
	full     bool
	within   []*yaml.Node // the aliases that are being followed
}

func (p *parser) fail(at spec.Position, format string, args ...any) {
	p.problems = append(p.problems, spec.Problem{Position: at, Text: fmt.Sprintf(format, args...)})
}

var yamlLine = regexp.MustCompile(`^(?:yaml: )?(?:line (\d+)|offset \d+): `)

func (p *parser) notYAML(err error) {
	at := spec.Position{File: p.file, Line: 1, Column: 1}
	if match := yamlLine.FindStringSubmatch(err.Error()); match != nil && match[1] != "" {
		at.Line, _ = strconv.Atoi(match[1])
	}
	cause := strings.TrimPrefix(yamlLine.ReplaceAllString(err.Error(), ""), "yaml: ")
	p.fail(at, "this is not YAML: %s; check the indentation and the quotes around this line", cause)
}

func (p *parser) at(n *yaml.Node) spec.Position {
	return spec.Position{File: p.file, Line: n.Line, Column: n.Column}
}

// node turns a value of the YAML library into one of ours.
func (p *parser) node(n *yaml.Node, depth int) *Node {
	if n.Kind == yaml.AliasNode {
		return p.alias(n, depth)
	}
	made := &Node{At: p.at(n), Tag: n.ShortTag()}
	if p.count++; p.count > mostNodes || depth > deepest {
		if !p.full {
			p.fail(made.At, "there is too much here: at most %d values, aliases followed, nested at most %d deep", mostNodes, deepest)
		}
		p.full = true
		return made
	}
	switch n.Kind {
	case yaml.MappingNode:
		made.Kind = Mapping
		p.mapping(made, n, depth)
	case yaml.SequenceNode:
		made.Kind = Sequence
		for _, item := range n.Content {
			made.Append(p.node(item, depth+1))
		}
	case yaml.ScalarNode:
		if made.Tag != "!!null" {
			made.Kind, made.Text = Scalar, n.Value
		}
	}
	return made
}

func (p *parser) alias(n *yaml.Node, depth int) *Node {
	for _, open := range p.within {
		if open == n.Alias {
			p.fail(p.at(n), "the alias *%s stands inside of its own anchor: write the value out", n.Value)
			return &Node{At: p.at(n)}
		}
	}
	p.within = append(p.within, n.Alias)
	made := p.node(n.Alias, depth)
	p.within = p.within[:len(p.within)-1]
	return made
}

func (p *parser) mapping(made *Node, n *yaml.Node, depth int) {
	seen := make(map[string]*yaml.Node, len(n.Content)/2)
	var merged []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		switch before := seen[key.Value]; {
		case key.Kind != yaml.ScalarNode:
			p.fail(p.at(key), "a key is a plain word: write it without brackets")
		case key.ShortTag() == "!!merge":
			merged = append(merged, value)
		case before != nil:
			p.fail(p.at(key), "%q is said twice, first in line %d: keep one of them", key.Value, before.Line)
		default:
			seen[key.Value] = key
			p.add(made, key, value, depth)
		}
	}
	for _, value := range merged {
		p.merge(made, p.node(value, depth+1), seen)
	}
}

func (p *parser) add(made *Node, key, value *yaml.Node, depth int) {
	v := p.node(value, depth+1)
	v.name, v.parent = key.Value, made
	k := &Node{At: p.at(key), Kind: Scalar, Text: key.Value, Tag: key.ShortTag(), name: key.Value, parent: made}
	made.Pairs = append(made.Pairs, Pair{k, v})
}

// merge adds what a merge key (<<) brings: what is said already stays.
func (p *parser) merge(into, from *Node, seen map[string]*yaml.Node) {
	switch from.Kind {
	case Mapping:
		for _, pair := range from.Pairs {
			if _, said := seen[pair.Key.Text]; said {
				continue
			}
			seen[pair.Key.Text] = &yaml.Node{Line: pair.Key.At.Line}
			pair.Value.parent, pair.Key.parent = into, into
			into.Pairs = append(into.Pairs, pair)
		}
	case Sequence:
		for _, item := range from.Items {
			p.merge(into, item, seen)
		}
	default:
		p.fail(from.At, "a merge key (<<) takes keys with values, or a list of such")
	}
}
