// Package rendered holds what a chart gives when it is rendered: its objects, as fields and as the types of the Kubernetes
// API, and the questions that judges ask of them.
package rendered

import (
	"fmt"
	"iter"
	"maps"
	"path"
	"slices"
	"sort"
	"strings"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/releaseutil"
	"k8s.io/apimachinery/pkg/runtime"
)

// Options are what a release is made with.
type Options struct {
	Name, Namespace string
	// KubeVersion is what templates see as the cluster's version, as v1.34.0.
	KubeVersion string
	// Values lie over those of the chart.
	Values map[string]any
}

// Release is everything that a chart renders to.
type Release struct {
	Name, Namespace string
	// Objects are in the order of their templates' paths, and in a template as they stand there; first those of crds/.
	Objects []*Object

	pods  []*Pod
	byKey map[key]*Object
}

type key struct{ kind, namespace, name string }

// Render renders a chart, an umbrella with its subcharts, as helm install would. It changes the chart: Helm drops the
// dependencies that are switched off.
func Render(c *chart.Chart, o Options) (*Release, error) {
	version, err := chartutil.ParseKubeVersion(o.KubeVersion)
	if err != nil {
		return nil, fmt.Errorf("reading the version of Kubernetes: %w", err)
	}
	capabilities := chartutil.DefaultCapabilities.Copy()
	capabilities.KubeVersion = *version
	values := o.Values
	if values == nil {
		values = map[string]any{}
	}
	if err := chartutil.ProcessDependenciesWithMerge(c, values); err != nil {
		return nil, fmt.Errorf("putting the charts together: %w", err)
	}
	options := chartutil.ReleaseOptions{Name: o.Name, Namespace: o.Namespace, Revision: 1, IsInstall: true}
	all, err := chartutil.ToRenderValues(c, values, options, capabilities)
	if err != nil {
		return nil, fmt.Errorf("putting the values together: %w", err)
	}
	texts, err := engine.Render(c, all)
	if err != nil {
		return nil, fmt.Errorf("rendering the umbrella chart: %w", err)
	}
	r := &Release{Name: o.Name, Namespace: o.Namespace}
	decode := newDecoder()
	add := func(template, text string) {
		for _, one := range manifests(text) {
			for _, object := range decode.objects(one) {
				object.Service = serviceOf(c, template)
				object.Template = strings.TrimPrefix(template, c.Name()+"/")
				r.Objects = append(r.Objects, object)
			}
		}
	}
	for _, crds := range c.CRDObjects() { // which are no templates
		add(crds.Filename, string(crds.File.Data))
	}
	for _, template := range slices.Sorted(maps.Keys(texts)) {
		if base := path.Base(template); base == "NOTES.txt" || strings.HasPrefix(base, "_") {
			continue
		}
		add(template, texts[template])
	}
	r.index()
	return r, nil
}

// New returns a release of objects that are not from a chart, all of one service.
func New(name, namespace, service string, texts ...string) *Release {
	r := &Release{Name: name, Namespace: namespace}
	decode := newDecoder()
	for _, text := range texts {
		for _, one := range manifests(text) {
			for _, object := range decode.objects(one) {
				object.Service = service
				r.Objects = append(r.Objects, object)
			}
		}
	}
	r.index()
	return r
}

// manifests cuts a file at its document marks, in their order.
func manifests(text string) []string {
	split := releaseutil.SplitManifests(text)
	names := slices.Collect(maps.Keys(split))
	sort.Sort(releaseutil.BySplitManifestsOrder(names))
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = split[name]
	}
	return out
}

// serviceOf returns the service whose chart a template belongs to, by the template's full name.
func serviceOf(c *chart.Chart, template string) string {
	rest, ok := strings.CutPrefix(template, c.Name()+"/charts/")
	if !ok {
		return ""
	}
	name, _, _ := strings.Cut(rest, "/")
	return name
}

func (r *Release) index() {
	r.byKey = make(map[key]*Object, len(r.Objects))
	for _, o := range r.Objects {
		if o.Namespace == "" && !clusterWide(o.Kind) {
			o.Namespace = r.Namespace
		}
		if at := (key{o.Kind, o.Namespace, o.Name}); r.byKey[at] == nil {
			r.byKey[at] = o
		}
	}
	r.pods = pods(r)
}

// Find returns the first object of that kind and name in a namespace, or nil. The namespace of cluster-wide kinds is empty.
func (r *Release) Find(kind, namespace, name string) *Object {
	return r.byKey[key{kind, namespace, name}]
}

// Pods are the pods that the objects of the release are or make.
func (r *Release) Pods() []*Pod { return r.pods }

// All gives each object of one of the API's types.
func All[T runtime.Object](r *Release) iter.Seq2[*Object, T] {
	return func(yield func(*Object, T) bool) {
		for _, o := range r.Objects {
			if typed, ok := o.Typed.(T); ok && !yield(o, typed) {
				return
			}
		}
	}
}
