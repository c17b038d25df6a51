package umbrella

import (
	"slices"

	"helm.sh/helm/v3/pkg/chart"

	"github.com/helm-chart-factory/factory/factory/files"
	"github.com/helm-chart-factory/factory/factory/spec"
	"github.com/helm-chart-factory/factory/factory/subchart"
)

// ChartDir is the folder of a service's chart in the umbrella's.
func ChartDir(service string) string { return "charts/" + service }

// source gives the charts in the scope, and the umbrella's own files last if the scope is everything.
func source(p *spec.Project, r *subchart.Renderer, scope files.Scope) files.Source {
	return func(yield func(files.Unit, error) bool) {
		charts := make([]*chart.Chart, 0, len(p.Services))
		for _, s := range p.Services {
			if !scope.Everything() && !slices.Contains(scope, ChartDir(s.Name)) {
				continue
			}
			r.Recycle()
			c, err := r.Render(p, s)
			if err != nil {
				yield(files.Unit{}, err)
				return
			}
			if !yield(unit(ChartDir(s.Name), c), nil) {
				return
			}
			charts = append(charts, &chart.Chart{Metadata: c.Metadata})
		}
		if !scope.Everything() {
			return
		}
		r.Recycle()
		c, err := Build(p, charts, r)
		yield(unit(".", c), err)
	}
}

func unit(path string, c *chart.Chart) files.Unit {
	if c == nil {
		return files.Unit{}
	}
	unit := files.Unit{Path: path, Files: make([]files.File, len(c.Raw))}
	for i, f := range c.Raw {
		unit.Files[i] = files.File{Path: f.Name, Data: f.Data}
	}
	return unit
}
