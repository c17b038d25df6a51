package subchart

import (
	"fmt"

	"helm.sh/helm/v3/pkg/chart"

	"github.com/helm-chart-factory/factory/factory/stamp"
)

// slabSize holds the files of an ordinary chart.
const slabSize = 64 << 10

// Renderer renders charts from one set of templates. What the files of its charts hold is good until Recycle is called: a
// project of a thousand services then needs the memory of one chart.
type Renderer struct {
	templates *Templates
	objects   []object
	slab      []byte
}

// NewRenderer returns a renderer that uses these templates.
func NewRenderer(t *Templates) *Renderer {
	return &Renderer{templates: t, objects: objects()}
}

// Recycle gives the memory of all files rendered so far to those that come.
func (r *Renderer) Recycle() { r.slab = r.slab[:0] }

// Template returns the file that a chart of that name gets from a template, under the given path in the chart.
func (r *Renderer) Template(template, path, name string) (*chart.File, error) {
	found, ok := r.templates.files[template]
	if !ok {
		return nil, fmt.Errorf("there is no template %s", template)
	}
	return r.File(path, found.from, func(b []byte) []byte { return found.append(b, name+".") }), nil
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
