package draft

import "github.com/helm-chart-factory/factory/factory/importer/source"

// Raw returns a value of the source as it is.
func Raw(n *source.Node) Value {
	switch {
	case n == nil || n.Kind == source.Null:
		return Plain("null")
	case n.Kind == source.Mapping:
		m := NewMap()
		for _, pair := range n.Pairs {
			m.Set(pair.Key.Text, Raw(pair.Value), pair.Value)
		}
		return m
	case n.Kind == source.Sequence:
		list := make(List, len(n.Items))
		for i, item := range n.Items {
			list[i] = Raw(item)
		}
		return list
	case n.Tag == "!!int" || n.Tag == "!!float" || n.Tag == "!!bool":
		return Plain(n.Text)
	}
	return Text(n.Text)
}

// Document writes a value of the source as a document of its own.
func Document(n *source.Node) []byte {
	m, ok := Raw(n).(*Map)
	if !ok {
		return nil
	}
	return write(nil, m)
}
