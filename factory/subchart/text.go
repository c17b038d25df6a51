package subchart

import (
	"strings"

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

// readme tells what the chart is and lists its values, as helm-docs would, then those that only environments set.
func readme(b []byte, s *spec.Service, m, elsewhere values.Map) []byte {
	add := func(texts ...string) {
		for _, text := range texts {
			b = append(b, text...)
		}
	}
	add("# ", s.Name, "\n\nThe Helm chart of the service ", s.Name, ", made from `", s.Dir, "/", spec.ServiceFile, "`.")
	if len(s.Needs) > 0 {
		add(" It calls ", strings.Join(s.Needs, ", "), ".")
	}
	add("\nIts objects have the chart's name, by which others call it: no `alias` when another chart depends on it.\n\n")
	b = m.AppendTable(b)
	if len(elsewhere) == 0 {
		return b
	}
	add("\nOnly an environment sets these:\n\n")
	for _, e := range elsewhere {
		add("- `", e.Key, "`: ", e.Comment, "\n")
	}
	return b
}
