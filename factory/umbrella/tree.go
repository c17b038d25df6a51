package umbrella

import (
	"path"

	"helm.sh/helm/v3/pkg/chart"

	"github.com/helm-chart-factory/factory/factory/files"
)

// Tree lists the files of the umbrella and of its subcharts, by their path in the umbrella's folder.
func Tree(c *chart.Chart) files.Tree {
	tree := Subtrees(c.Dependencies())
	for _, f := range c.Raw {
		tree = append(tree, files.File{Path: f.Name, Data: f.Data})
	}
	return tree
}

// Subtrees lists the files of subcharts alone.
func Subtrees(charts []*chart.Chart) files.Tree {
	var tree files.Tree
	for _, c := range charts {
		for _, f := range c.Raw {
			tree = append(tree, files.File{Path: path.Join(ChartDir(c.Name()), f.Name), Data: f.Data})
		}
	}
	return tree
}

// ChartDir is the folder of a service's chart in the umbrella's.
func ChartDir(service string) string { return "charts/" + service }
