package compose

import (
	"slices"
	"strings"

	"github.com/helm-chart-factory/factory/factory/importer/source"
)

// replaced are the keys of a service whose list takes the place of the one below; other lists are joined.
var replaced = []string{"command", "entrypoint", "test"}

// keyed are the keys that may be said as a list of NAME=value, or of names, and that merge by name.
var keyed = []string{"environment", "labels", "args", "annotations", "sysctls", "extra_hosts", "depends_on", "networks", "ulimits"}

// merge lays over onto base, by the rules of Compose: keys merge, single values replace, lists are joined; a list that may be
// said by name merges by name, and ports, volumes, secrets and configs by what they are about. !reset takes a value out,
// !override puts one in place of what is below.
func merge(base, over *source.Node, way []string) {
	for _, pair := range over.Pairs {
		name, value := pair.Key.Text, pair.Value
		below := base.Get(name)
		switch {
		case value.Tag == "!reset":
			base.Remove(name)
		case below == nil || value.Tag == "!override":
			base.Set(pair.Key, value)
		default:
			mergeValue(base, pair.Key, below, value, append(way, name))
		}
	}
}

func mergeValue(base, key, below, over *source.Node, way []string) {
	if slices.Contains(keyed, key.Text) && len(way) > 2 {
		below, over = byName(below), byName(over)
		base.Set(key, below)
	}
	switch {
	case over.Kind == source.Null && below.Kind == source.Mapping:
	case below.Kind == source.Mapping && over.Kind == source.Mapping:
		merge(below, over, way)
	case joined(key.Text, below, over) && !slices.Contains(replaced, key.Text):
		base.Set(key, join(key.Text, below, over))
	default:
		base.Set(key, over)
	}
}

// joined tells whether two values form one list: both are lists, or one is and the other is its short form.
func joined(key string, below, over *source.Node) bool {
	short := slices.Contains([]string{"env_file", "dns", "dns_search", "tmpfs", "label_file"}, key)
	list := func(n *source.Node) bool {
		return n.Kind == source.Sequence || short && n.Kind == source.Scalar
	}
	return list(below) && list(over)
}

// join puts the items of two lists into one; an item about the same thing takes the place of the one below.
func join(key string, below, over *source.Node) *source.Node {
	list := &source.Node{At: below.At, Kind: source.Sequence}
	var items []*source.Node
	place := map[string]int{}
	for _, item := range append(slices.Clone(listOf(below)), listOf(over)...) {
		about := subject(key, item)
		if i, known := place[about]; known {
			items[i] = item
			continue
		}
		place[about] = len(items)
		items = append(items, item)
	}
	for _, item := range items {
		list.Append(item)
	}
	return list
}

// subject is what an item of a list is about: no two items of a list are about the same thing.
func subject(key string, item *source.Node) string {
	switch {
	case key == "volumes" && item.Kind == source.Scalar:
		return parseMount(item.Text).target
	case (key == "volumes" || key == "secrets" || key == "configs") && item.Get("target").Is(source.Scalar):
		return item.Get("target").Text
	case (key == "secrets" || key == "configs") && item.Get("source").Is(source.Scalar):
		return item.Get("source").Text
	case item.Kind == source.Scalar:
		return item.Text
	}
	var b strings.Builder
	for _, pair := range item.Pairs {
		b.WriteString(pair.Key.Text + "=" + pair.Value.Text + "\n")
	}
	return b.String()
}

// byName turns a list of NAME=value or of names into keys with values.
func byName(n *source.Node) *source.Node {
	if n.Kind != source.Sequence {
		return n
	}
	made := n.Like(source.Mapping)
	for _, item := range n.Items {
		if item.Kind != source.Scalar {
			return n
		}
		name, value, valued := strings.Cut(item.Text, "=")
		key := &source.Node{At: item.At, Kind: source.Scalar, Text: name}
		v := &source.Node{At: item.At, Missing: item.Missing}
		if valued {
			v.Kind, v.Text, v.Tag = source.Scalar, value, "!!str"
			v.Parts = cutParts(item.Parts, len(name)+1)
		}
		made.Set(key, v)
	}
	return made
}

// cutParts leaves out the first bytes of a text in pieces.
func cutParts(parts []source.Part, bytes int) []source.Part {
	for i, part := range parts {
		if bytes < len(part.Text) {
			rest := slices.Clone(parts[i:])
			rest[0].Text = rest[0].Text[bytes:]
			return rest
		}
		bytes -= len(part.Text)
	}
	return nil
}
