package subchart

import (
	"fmt"
	"strings"

	"helm.sh/helm/v3/pkg/chart"

	"github.com/helm-chart-factory/factory/factory/stamp"
)

// slabSize holds the files of an ordinary chart.
const slabSize = 64 << 10

// Renderer renders charts from one set of templates. What the files of its charts hold is good until Recycle is called: a
// project of a thousand services then needs the memory of one chart.
type Renderer struct {
	templates *Templates
	whole     bool
	objects   []object
	pruned    map[string]parts
	slab      []byte
}

// NewRenderer returns a renderer that uses these templates. A chart gets of each what its values can reach.
func NewRenderer(t *Templates) *Renderer {
	return &Renderer{templates: t, objects: objects(), pruned: map[string]parts{}}
}

// NewWholeRenderer returns a renderer whose charts have the templates word for word and line for line. They say the same in
// more words.
func NewWholeRenderer(t *Templates) *Renderer {
	r := NewRenderer(t)
	r.whole = true
	return r
}

// Recycle gives the memory of all files rendered so far to those that come.
func (r *Renderer) Recycle() { r.slab = r.slab[:0] }

// Template returns the file that a chart of that name gets from a template, under the given path in the chart. Has tells which
// keys the values of the chart can have; nil is all.
func (r *Renderer) Template(name, path, chartName string, has func(key string) bool) (*chart.File, error) {
	found, ok := r.templates.files[name]
	if !ok {
		return nil, fmt.Errorf("there is no template %s", name)
	}
	if r.whole || r.templates.whole || has == nil {
		has = func(string) bool { return true }
	}
	text := r.prune(name, found, has)
	return r.File(path, found.from, func(b []byte) []byte { return text.append(b, chartName+".") }), nil
}

// prune prunes a template once for all charts that have the same of the keys that it asks for.
func (r *Renderer) prune(name string, t template, has func(key string) bool) parts {
	key := append(make([]byte, 0, 64), name...)
	for _, asked := range t.tree.Asks() {
		if has(asked) {
			key = append(key, 1)
		} else {
			key = append(key, 0)
		}
	}
	if known, ok := r.pruned[string(key)]; ok {
		return known
	}
	// What pruning left of the lines in front would be trimmed by the stamp anyway.
	text := cut(strings.TrimLeft(t.tree.Prune(has), "\n"))
	r.pruned[string(key)] = text
	return text
}

// File returns a stamped file. Body appends its content.
func (r *Renderer) File(path, from string, body func([]byte) []byte) *chart.File {
	if cap(r.slab)-len(r.slab) < slabSize/4 {
		r.slab = make([]byte, 0, slabSize)
	}
	start := len(r.slab)
	data := body(stamp.Open(r.slab[start:start], path, from))
	stamp.Seal(data)
	if start+len(data) <= cap(r.slab) {
		r.slab = r.slab[:start+len(data)]
	}
	return &chart.File{Name: path, Data: data[:len(data):len(data)]}
}
