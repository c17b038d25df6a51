package draft

import (
	"strings"

	"github.com/helm-chart-factory/factory/factory/importer/source"
)

// Raw returns a value of the source in the words of Kubernetes, as a spec takes it: what is a number with a fraction or a date is a
// text there, and keys without a value, which say nothing, are left out.
func Raw(n *source.Node) Value {
	return convert(n, false, func(n *source.Node) Value {
		if n.Tag == "!!int" || n.Tag == "!!bool" {
			return Plain(n.Text)
		}
		return Text(n.Text)
	})
}

// Document writes a value of the source as a document of its own, as it is.
func Document(n *source.Node) []byte {
	m, ok := convert(n, true, func(n *source.Node) Value {
		if n.Tag == "!!str" || n.Tag == "" || strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!") {
			return Text(n.Text)
		}
		return Plain(n.Text)
	}).(*Map)
	if !ok {
		return nil
	}
	return write(nil, m)
}

func convert(n *source.Node, nulls bool, scalar func(*source.Node) Value) Value {
	switch {
	case n == nil || n.Kind == source.Null:
		return Plain("null")
	case n.Kind == source.Mapping:
		m := NewMap()
		for _, pair := range n.Pairs {
			if nulls || pair.Value.Kind != source.Null {
				m.Set(pair.Key.Text, convert(pair.Value, nulls, scalar), pair.Value)
			}
		}
		return m
	case n.Kind == source.Sequence:
		list := make(List, len(n.Items))
		for i, item := range n.Items {
			list[i] = convert(item, nulls, scalar)
		}
		return list
	}
	return scalar(n)
}
