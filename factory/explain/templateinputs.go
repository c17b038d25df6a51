package explain

import (
	"bytes"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/chart"
)

// templateLine is one line of a template of the chart. Lines count from one, in the template that the chart's was made of.
type templateLine struct {
	template string
	line     int
	probe
}

// templateLines returns the lines of the templates, each with what is seen without it. The first line of a chart's file is the
// generator's.
func (r rendering) templateLines(random map[string]bool) []templateLine {
	var out []templateLine
	for i, f := range r.templates {
		lines := bytes.SplitAfter(f.Data, []byte("\n"))
		for n := 1; n < len(lines); n++ {
			if len(bytes.TrimSpace(lines[n])) == 0 {
				continue
			}
			out = append(out, templateLine{template: strings.TrimPrefix(f.Name, "templates/"), line: n, probe: probe{changes: []change{func() picture {
				other := r
				other.templates = slices.Clone(r.templates)
				without := slices.Concat(lines[:n], lines[n+1:])
				other.templates[i] = &chart.File{Name: f.Name, Data: bytes.Join(without, nil)}
				return other.picture(random)
			}}}})
		}
	}
	return out
}
