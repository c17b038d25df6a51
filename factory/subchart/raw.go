package subchart

import (
	"github.com/helm-chart-factory/factory/factory/spec"
	"github.com/helm-chart-factory/factory/factory/values"
)

// raw gives what a spec says in Kubernetes' own words, as values hold it.
func raw(v any) any {
	switch v := v.(type) {
	case spec.Raw:
		return raw(v.Value)
	case spec.RawMap:
		m := make(values.Map, len(v))
		for i, e := range v {
			m[i] = values.Entry{Key: e.Key, Value: raw(e.Value)}
		}
		return m
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = raw(item)
		}
		return list
	default:
		return v
	}
}
