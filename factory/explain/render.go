package explain

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/releaseutil"
	"sigs.k8s.io/yaml"
)

// rendering is what a chart is rendered from. It is a value: a copy with something changed is a question.
type rendering struct {
	templates []*chart.File
	files     []*chart.File
	metadata  chart.Metadata
	release   release
	values    map[string]any
}

// release is what Helm says of the release to templates.
type release struct {
	name, namespace string
	capabilities    *chartutil.Capabilities
}

// object is one manifest. Id is the same in every rendering: the template and the place in it.
type object struct {
	id, template string
	kind, name   string
	tree         map[string]any
}

// objects renders all manifests.
func (r rendering) objects() ([]object, error) {
	rendered, err := r.run()
	if err != nil {
		return nil, err
	}
	var out []object
	for _, name := range slices.Sorted(maps.Keys(rendered)) {
		template := strings.TrimPrefix(name, r.metadata.Name+"/")
		manifests := releaseutil.SplitManifests(rendered[name])
		keys := slices.Collect(maps.Keys(manifests))
		slices.SortFunc(keys, func(a, b string) int { return ordinal(a) - ordinal(b) })
		for i, key := range keys {
			o := object{id: fmt.Sprintf("%s#%d", template, i), template: template}
			if err := yaml.Unmarshal([]byte(manifests[key]), &o.tree); err != nil {
				return nil, fmt.Errorf("reading what %s gives: %w", template, err)
			}
			if o.tree == nil {
				continue
			}
			o.kind, _ = o.tree["kind"].(string)
			meta, _ := o.tree["metadata"].(map[string]any)
			o.name, _ = meta["name"].(string)
			out = append(out, o)
		}
	}
	return out, nil
}

// ordinal is the number that SplitManifests puts into its keys.
func ordinal(key string) int {
	var n int
	fmt.Sscanf(key, "manifest-%d", &n)
	return n
}

func (r rendering) run() (map[string]string, error) {
	c := &chart.Chart{Metadata: &r.metadata, Templates: r.templates, Files: r.files}
	return engine.Render(c, chartutil.Values{
		"Values": r.values, "Capabilities": r.release.capabilities,
		"Release": map[string]any{"Name": r.release.name, "Namespace": r.release.namespace, "Revision": 1, "IsInstall": true, "IsUpgrade": false, "Service": "Helm"},
	})
}

func isPartial(name string) bool { return strings.HasPrefix(path.Base(name), "_") }

// only returns the rendering of one template.
func (r rendering) only(template string) rendering {
	r.templates = slices.DeleteFunc(slices.Clone(r.templates), func(f *chart.File) bool { return f.Name != template && !isPartial(f.Name) })
	return r
}

// picture shows every leaf of every manifest. What is made anew at each rendering, as generated passwords are, shows by its
// length. It is nil when the templates cannot be rendered.
func (r rendering) picture(random map[string]bool) picture {
	objects, err := r.objects()
	if err != nil {
		return nil
	}
	seen := picture{}
	for _, o := range objects {
		for _, l := range leaves(o.tree) {
			name := leafName(o, l.path)
			if seen[name] = fmt.Sprintf("%T %v", l.value, l.value); random[name] {
				seen[name] = fmt.Sprint(len(seen[name]))
			}
		}
	}
	return seen
}

func leafName(o object, p keyPath) string { return o.id + " " + p.String() }

// randomLeaves are those that differ between two renderings of the same.
func (r rendering) randomLeaves() map[string]bool {
	first, random := r.picture(nil), map[string]bool{}
	for name, text := range r.picture(nil) {
		if first[name] != text {
			random[name] = true
		}
	}
	return random
}
