package k3s

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// errByLines says that an insertion of lines cannot make the change.
var errByLines = errors.New("cannot be done by inserting lines")

// insertLines adds the endpoints as new lines, at the end of what there is or right below the key that they belong to.
func insertLines(content []byte, p place, name string, endpoints []string) ([]byte, error) {
	if p.root != nil && p.root.Style&yaml.FlowStyle != 0 {
		return nil, errByLines
	}
	if p.root == nil || p.mirrors == nil {
		indent := 0
		if p.root != nil && len(p.root.Content) > 0 {
			indent = p.root.Content[0].Column - 1
		}
		lines := append([]string{pad(indent) + "mirrors:"}, mirrorLines(indent+2, 2, name, endpoints)...)
		return insertAt(content, countLines(content), lines), nil
	}
	if isNull(p.mirrorsOf) {
		return below(content, p.mirrors, p.mirrorsOf, mirrorLines(p.mirrors.Column-1+2, 2, name, endpoints))
	}
	if p.host == nil {
		if p.mirrorsOf.Kind != yaml.MappingNode || p.mirrorsOf.Style&yaml.FlowStyle != 0 || len(p.mirrorsOf.Content) == 0 {
			return nil, errByLines
		}
		first := p.mirrorsOf.Content[0]
		return below(content, p.mirrors, first, mirrorLines(first.Column-1, 2, name, endpoints))
	}
	return insertEndpoints(content, p, endpoints)
}

func insertEndpoints(content []byte, p place, endpoints []string) ([]byte, error) {
	if isNull(p.hostOf) {
		return below(content, p.host, p.hostOf, endpointLines(p.host.Column-1+2, endpoints))
	}
	if p.endpoint == nil {
		if p.hostOf.Kind != yaml.MappingNode || p.hostOf.Style&yaml.FlowStyle != 0 || len(p.hostOf.Content) == 0 {
			return nil, errByLines
		}
		first := p.hostOf.Content[0]
		return below(content, p.host, first, endpointLines(first.Column-1, endpoints))
	}
	if isNull(p.list) {
		return below(content, p.endpoint, p.list, itemLines(p.endpoint.Column-1+2, endpoints))
	}
	if p.list.Kind != yaml.SequenceNode || p.list.Style&yaml.FlowStyle != 0 || len(p.list.Content) == 0 {
		return nil, errByLines
	}
	last := p.list.Content[len(p.list.Content)-1]
	if last.Kind != yaml.ScalarNode || last.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		return nil, errByLines
	}
	// The list's column is that of its first dash.
	return insertAt(content, last.Line, itemLines(p.list.Column-1, endpoints)), nil
}

// below inserts lines under the key's line, where the key's value does not begin on that line.
func below(content []byte, key, value *yaml.Node, lines []string) ([]byte, error) {
	if value.Line == key.Line && value.Value != "" || value.Line == key.Line && !isNull(value) {
		return nil, errByLines
	}
	return insertAt(content, key.Line, lines), nil
}

func mirrorLines(indent, step int, name string, endpoints []string) []string {
	return append([]string{pad(indent) + quote(name) + ":"}, endpointLines(indent+step, endpoints)...)
}

func endpointLines(indent int, endpoints []string) []string {
	return append([]string{pad(indent) + "endpoint:"}, itemLines(indent+2, endpoints)...)
}

func itemLines(indent int, endpoints []string) []string {
	var lines []string
	for _, endpoint := range endpoints {
		lines = append(lines, pad(indent)+"- "+quote(endpoint))
	}
	return lines
}

func pad(width int) string { return strings.Repeat(" ", max(width, 0)) }

func quote(text string) string { return fmt.Sprintf("%q", text) }

func countLines(content []byte) int {
	count := bytes.Count(content, []byte("\n"))
	if len(content) > 0 && content[len(content)-1] != '\n' {
		count++
	}
	return count
}

// insertAt puts lines behind the first count lines, with the line ends that the content uses.
func insertAt(content []byte, count int, lines []string) []byte {
	end := "\n"
	if bytes.Contains(content, []byte("\r\n")) {
		end = "\r\n"
	}
	var out bytes.Buffer
	rest := content
	for range count {
		line, after, found := bytes.Cut(rest, []byte("\n"))
		out.Write(line)
		if found {
			out.WriteByte('\n')
		} else {
			out.WriteString(end)
		}
		rest = after
	}
	for _, line := range lines {
		out.WriteString(line + end)
	}
	out.Write(rest)
	return out.Bytes()
}

// rewrite changes the parsed document and writes all of it.
func rewrite(document *yaml.Node, p place, name string, endpoints []string) ([]byte, error) {
	items := make([]*yaml.Node, 0, len(endpoints))
	for _, endpoint := range endpoints {
		items = append(items, text(endpoint))
	}
	list := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Content: items}
	host := mapping(text("endpoint"), list)
	switch {
	case p.root == nil:
		return nil, errByLines // an empty document has no place for it; inserting lines always serves
	case p.list != nil && p.list.Kind == yaml.SequenceNode:
		p.list.Content = append(p.list.Content, items...)
	case p.list != nil && isNull(p.list):
		become(p.list, list)
	case p.endpoint == nil && p.hostOf != nil && p.hostOf.Kind == yaml.MappingNode:
		p.hostOf.Content = append(p.hostOf.Content, text("endpoint"), list)
	case p.hostOf != nil && isNull(p.hostOf):
		become(p.hostOf, host)
	case p.host == nil && p.mirrorsOf != nil && p.mirrorsOf.Kind == yaml.MappingNode:
		p.mirrorsOf.Content = append(p.mirrorsOf.Content, text(name), host)
	case p.mirrorsOf != nil && isNull(p.mirrorsOf):
		become(p.mirrorsOf, mapping(text(name), host))
	case p.mirrors == nil:
		p.root.Content = append(p.root.Content, text("mirrors"), mapping(text(name), host))
	default:
		return nil, errors.New("an alias is in the way")
	}
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := encoder.Encode(document); err != nil {
		return nil, err
	}
	return out.Bytes(), encoder.Close()
}

func text(value string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: value, Style: yaml.DoubleQuotedStyle}
}

func mapping(key, value *yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Content: []*yaml.Node{key, value}}
}

// become turns a null into a value and keeps what is written around it.
func become(node, value *yaml.Node) {
	node.Kind, node.Tag, node.Value, node.Style, node.Content = value.Kind, value.Tag, "", 0, value.Content
}

// meaning is what a registries.yaml says, without how it is written; a nil document says nothing.
func meaning(document *yaml.Node) (map[string]any, error) {
	out := map[string]any{}
	if document == nil {
		return out, nil
	}
	err := document.Decode(&out)
	if out == nil { // a null says nothing either
		out = map[string]any{}
	}
	return out, err
}

// withEndpoints puts endpoints behind those of a mirror. What it changes it copies first, for aliases share their values.
func withEndpoints(said map[string]any, name string, endpoints []string) map[string]any {
	said = maps.Clone(said)
	mirrors := cloned(said["mirrors"])
	host := cloned(mirrors[name])
	list, _ := host["endpoint"].([]any)
	list = slices.Clone(list)
	for _, endpoint := range endpoints {
		list = append(list, endpoint)
	}
	host["endpoint"], mirrors[name], said["mirrors"] = list, host, mirrors
	return said
}

func cloned(value any) map[string]any {
	if said, ok := value.(map[string]any); ok && said != nil {
		return maps.Clone(said)
	}
	return map[string]any{}
}

// means reports whether content says exactly that.
func means(content []byte, wanted map[string]any) bool {
	document, err := parse("", content)
	if err != nil {
		return false
	}
	got, err := meaning(document)
	return err == nil && reflect.DeepEqual(got, wanted)
}
