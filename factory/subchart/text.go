package subchart

import (
	"fmt"
	"strings"

	"helm.sh/helm/v3/pkg/chart"

	"github.com/helm-chart-factory/factory/factory/spec"
	"github.com/helm-chart-factory/factory/factory/values"
)

func chartYAML(m *chart.Metadata) []byte {
	return values.Map{
		{Key: "apiVersion", Value: m.APIVersion},
		{Key: "name", Value: m.Name},
		{Key: "description", Value: m.Description},
		{Key: "type", Value: m.Type},
		{Key: "version", Value: m.Version},
		{Key: "appVersion", Value: m.AppVersion},
	}.Append(nil)
}

// readme tells what the chart is and lists its values.
func readme(s *spec.Service, m values.Map) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\nThe Helm chart of the service %s, made from `%s/%s`.\n\n", s.Name, s.Name, s.Dir, spec.ServiceFile)
	b.WriteString("| Value | Default | Meaning |\n|---|---|---|\n")
	for _, e := range m {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", e.Key, summary(e.Value), e.Comment)
	}
	return []byte(b.String())
}

// summary shows a default in a table's cell: the scalar itself, or the keys of a mapping.
func summary(v any) string {
	switch v := v.(type) {
	case values.Map:
		keys := make([]string, len(v))
		for i, e := range v {
			keys[i] = e.Key
		}
		return "{" + strings.Join(keys, ", ") + "}"
	case []any:
		return fmt.Sprintf("%d in `values.yaml`", len(v))
	case string:
		return "`\"" + v + "\"`"
	default:
		return fmt.Sprintf("`%v`", v)
	}
}
