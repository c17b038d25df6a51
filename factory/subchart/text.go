package subchart

import (
	"strconv"

	"helm.sh/helm/v3/pkg/chart"

	"github.com/helm-chart-factory/factory/factory/spec"
	"github.com/helm-chart-factory/factory/factory/values"
)

func chartYAML(m *chart.Metadata) values.Map {
	return values.Map{
		{Key: "apiVersion", Value: m.APIVersion},
		{Key: "name", Value: m.Name},
		{Key: "description", Value: m.Description},
		{Key: "version", Value: m.Version},
		{Key: "appVersion", Value: m.AppVersion},
	}
}

// readme tells what the chart is and lists its values, then those that only environments set.
func readme(b []byte, s *spec.Service, m, elsewhere values.Map) []byte {
	add := func(texts ...string) {
		for _, text := range texts {
			b = append(b, text...)
		}
	}
	add("# ", s.Name, "\n\nThe Helm chart of the service ", s.Name, ", made from `", s.Dir, "/", spec.ServiceFile, "`.\n\n")
	add("| Value | Default | Meaning |\n|---|---|---|\n")
	for _, e := range m {
		add("| `", e.Key, "` | ")
		b = summary(b, e.Value)
		add(" | ", e.Comment, " |\n")
	}
	for _, e := range elsewhere {
		add("| `", e.Key, "` | not set | ", e.Comment, " |\n")
	}
	return b
}

// summary shows a default in a table's cell: the scalar itself, or the keys of a mapping.
func summary(b []byte, v any) []byte {
	switch v := v.(type) {
	case values.Map:
		for i, e := range v {
			if i > 0 {
				b = append(b, ", "...)
			}
			b = append(b, e.Key...)
		}
		return b
	case []any:
		return append(strconv.AppendInt(b, int64(len(v)), 10), " in values.yaml"...)
	default:
		b = values.Scalar(append(b, '`'), v)
		return append(b, '`')
	}
}
