package draft

import (
	"bytes"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// longestFlow is how long a value in brackets or braces may be, in characters, before it gets lines of its own.
const longestFlow = 90

// order is how people write a spec: what it is, what runs, how it is reached, what it needs, and the rest.
var order = []string{
	"version", "name", "namespace",
	"kind", "schedule", "cron", "job", "hook", "replicas", "native", "image", "build", "pullPolicy", "pullSecrets", "command", "args",
	"port", "ports", "health", "lifecycle", "needs", "env", "envFrom", "secrets", "files", "volumes", "mounts", "retention", "init", "sidecars",
	"ingress", "gateway", "service", "access", "account", "metrics", "alerts", "autoscale", "budget", "network", "mtls", "certificates",
	"resources", "security", "gracePeriod", "strategy", "revisionHistory", "priority", "nodeSelector", "tolerations", "affinity", "spread",
	"labels", "annotations", "podLabels", "podAnnotations", "tests", "manifests",
}

// encode writes a document: a comment on top, then the keys in the order in which people write them.
func encode(head []string, keys *Map) []byte {
	return write(head, keys.ordered())
}

// ordered returns the keys of a service, and of the containers in it, in the order in which people write them.
func (m *Map) ordered() *Map {
	sorted := NewMap()
	entries := slices.Clone(m.entries)
	slices.SortStableFunc(entries, func(a, b entry) int { return rank(a.key) - rank(b.key) })
	for _, e := range entries {
		if e.value == nil {
			continue
		}
		if containers, ok := e.value.(*Map); ok && slices.Contains([]string{"init", "sidecars", "tests"}, e.key) {
			each := NewMap()
			for c := range containers.said() {
				value := c.value
				if container, ok := value.(*Map); ok {
					value = container.ordered()
				}
				each.Set(c.key, value, c.from)
			}
			e.value = each
		}
		sorted.index[e.key] = len(sorted.entries)
		sorted.entries = append(sorted.entries, e)
	}
	return sorted
}

// write writes a document with its keys in their order.
func write(head []string, keys *Map) []byte {
	var b bytes.Buffer
	for _, line := range head {
		b.WriteString(strings.TrimRight("# "+oneLine(line), " ") + "\n")
	}
	if keys.Len() == 0 {
		return b.Bytes()
	}
	encoder := yaml.NewEncoder(&b)
	encoder.SetIndent(2)
	if err := encoder.Encode(keys.block()); err != nil {
		panic("draft: " + err.Error()) // nodes of our own making, into memory
	}
	encoder.Close()
	return b.Bytes()
}

func rank(key string) int {
	if i := slices.Index(order, key); i >= 0 {
		return i
	}
	return len(order)
}

// oneLine keeps a remark from ending its comment.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool {
		return r < ' ' || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029 || r == 0xfeff
	}), " ")
}

// block gives each key a line of its own; what is below is in braces where that is short.
func (m *Map) block() *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode}
	for e := range m.said() {
		key, value := scalar(e.key), node(e.value)
		if key.Style == yaml.DoubleQuotedStyle && key.Value != "" && !strings.Contains(key.Value, "\n") {
			key.Style = 0 // `on:` is what people write
		}
		if e.comment != "" {
			place := value
			if value.Kind != yaml.ScalarNode && value.Style&yaml.FlowStyle == 0 {
				place = key
			}
			place.LineComment = "# " + oneLine(e.comment)
		}
		n.Content = append(n.Content, key, value)
	}
	return n
}

func (m *Map) commented() bool {
	for e := range m.said() {
		if inner, ok := e.value.(*Map); e.comment != "" || ok && inner.commented() {
			return true
		}
	}
	return false
}

// table tells whether there are several entries with several keys each: those read better one below the other.
func (m *Map) table() bool {
	for e := range m.said() {
		if inner, ok := e.value.(*Map); ok && inner.Len() > 1 && m.Len() > 1 {
			return true
		}
	}
	return false
}

// node writes a value in its short form where it has one.
func node(v Value) *yaml.Node {
	switch v := v.(type) {
	case Text:
		return scalar(string(v))
	case Plain:
		return &yaml.Node{Kind: yaml.ScalarNode, Value: string(v)}
	case Number:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: strconv.FormatInt(int64(v), 10)}
	case Bool:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: strconv.FormatBool(bool(v))}
	case List:
		n := &yaml.Node{Kind: yaml.SequenceNode}
		for _, item := range v {
			n.Content = append(n.Content, node(item))
		}
		if width(v) <= longestFlow {
			n.Style = yaml.FlowStyle
		}
		return n
	case *Map:
		n := v.block()
		if width(v) <= longestFlow && !v.commented() && !v.table() {
			n.Style = yaml.FlowStyle
		}
		return n
	}
	panic("draft: a value of no kind")
}

// otherType are texts that older readers of YAML take for truth values or for times of day.
var otherType = regexp.MustCompile(`^(?i:y|yes|n|no|on|off|[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?)$`)

func scalar(s string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s}
	if otherType.MatchString(s) {
		n.Style = yaml.DoubleQuotedStyle
	}
	if strings.Contains(s, "\n") {
		// A literal block cannot begin with a blank or hold what is not printable.
		n.Style = yaml.LiteralStyle
		if strings.HasPrefix(s, " ") || strings.HasPrefix(s, "\n") || strings.ContainsAny(s, "\t\r") || strings.Contains(s, " \n") {
			n.Style = yaml.DoubleQuotedStyle
		}
	}
	return n
}

// width is about how many characters a value takes in one line; a text of several lines takes too many.
func width(v Value) int {
	const tooMany = 10_000
	switch v := v.(type) {
	case Text:
		if strings.Contains(string(v), "\n") {
			return tooMany
		}
		return len(v)
	case Plain:
		return len(v)
	case Number:
		return 6
	case Bool:
		return 5
	case List:
		sum := 2
		for _, item := range v {
			sum += width(item) + 2
		}
		return sum
	case *Map:
		sum := 2
		for e := range v.said() {
			sum += len(e.key) + 4 + width(e.value)
		}
		return sum
	}
	return tooMany
}
