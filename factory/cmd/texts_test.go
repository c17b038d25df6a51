package cmd

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/releaseutil"
	"sigs.k8s.io/yaml"

	"github.com/helm-chart-factory/factory/factory/schema"
	"github.com/helm-chart-factory/factory/factory/spec"
	"github.com/helm-chart-factory/factory/factory/umbrella"
	"github.com/helm-chart-factory/factory/templates"
)

// marker is a text that nothing reads otherwise.
const marker = "qmarkerq"

// breaking are texts that YAML, templates, shells and Markdown take for something else: first those that only a place takes which
// takes every text, then those that may also be a name.
var breaking, words = []string{
	"{{ .Values.replicas }}{{/* \"'\\`|>%s%!d $(X) $$ &a *b !c @", "a: b # c\n\n- d\n---\n| e |\né🙂\u2028\u00a0 <b>&amp;</b> <no value>\n",
	"1e3", "2024-01-01", strings.Repeat("long ", 20_000),
}, []string{"no", "010"}

// TestNoTextBreaksOut puts each breaking text in each place of the specs that takes a text, as the schema, which is made from the
// Go types, knows it. Nothing may change in the manifests, in values.yaml, in the README and in the notes but the text itself.
func TestNoTextBreaksOut(t *testing.T) {
	k := newKnobs(t, "testdata/every.txtar")
	held := map[string]bool{}
	var free []string
	for _, of := range []struct {
		file string
		text []byte
	}{{spec.ServiceFile, schema.Service}, {spec.ProjectFile, schema.Project}} {
		s, err := schema.Parse(of.text)
		if err != nil {
			t.Fatal(err)
		}
		s.Keys(func(path []string, n *schema.Node) bool {
			name := of.file + " " + strings.Join(path, ".")
			if s.TakesText(n) {
				whole, err := k.breakOut(s, of.file, path)
				if err != nil {
					t.Errorf("%s: %v", name, err)
				}
				if whole {
					free = append(free, name)
				}
			}
			again := n.Ref != "" && held[n.Ref] && !strings.HasSuffix(n.Ref, "/Container")
			held[n.Ref] = true
			return !again && path[0] != "defaults" && path[0] != "environments"
		})
	}
	if t.Logf("places that take every text: %s", strings.Join(free, ", ")); len(free) < 30 {
		t.Errorf("only %d places take every text", len(free))
	}
}

// breakOut puts the texts in the first place of a key that takes any text, and tells whether it takes all of them.
func (k *knobs) breakOut(s *schema.Schema, file string, path []string) (whole bool, err error) {
	for _, around := range []string{"%s", "x%s", "/%s"} {
		for _, trial := range k.trials(s, file, path) {
			put := func(text string) (*spec.Project, error) {
				return k.load(trial.file, schema.With(trial.tree, trial.place, fmt.Sprintf(around, text)))
			}
			p, refused := put(marker)
			if refused != nil {
				continue
			}
			usual, err := pictureOf(p)
			if err != nil {
				return false, err
			}
			whole = true
			for i, text := range slices.Concat(breaking, words) {
				if !whole && i > 1 && i < len(breaking) {
					continue
				}
				p, refused := put(text)
				if refused != nil {
					whole = false
					continue
				}
				got, err := pictureOf(p)
				if err == nil {
					err = usual.with(text).differs(got)
				}
				if err != nil {
					return false, fmt.Errorf("with the text %.60q: %w", text, err)
				}
			}
			return whole, nil
		}
	}
	return false, nil
}

// picture is what a project gives: each leaf of its values and manifests by its path, and the shape of each README.
type picture map[string]any

// pictureOf renders a project.
func pictureOf(p *spec.Project) (picture, error) {
	c, err := umbrella.Load(p, templates.Files)
	if err != nil {
		return nil, err
	}
	out := picture{}
	for _, sub := range c.Dependencies() {
		out.add(sub.Name()+" values", sub.Values)
		for _, f := range sub.Files {
			if f.Name != "README.md" {
				continue
			}
			for i, line := range strings.Split(string(f.Data), "\n") {
				out[fmt.Sprintf("%s README line %d has cells", sub.Name(), i)] = strings.Count(strings.ReplaceAll(line, `\|`, ""), "|")
			}
		}
	}
	if err := chartutil.ProcessDependenciesWithMerge(c, nil); err != nil {
		return nil, err
	}
	values, err := chartutil.ToRenderValues(c, nil, chartutil.ReleaseOptions{Name: p.Name, Namespace: p.Namespace, IsInstall: true}, nil)
	if err != nil {
		return nil, err
	}
	texts, err := engine.Render(c, values)
	if err != nil {
		return nil, err
	}
	for name, text := range texts {
		if strings.HasSuffix(name, "NOTES.txt") {
			out[name] = text
			continue
		}
		for key, manifest := range releaseutil.SplitManifests(text) {
			var tree map[string]any
			if err := yaml.Unmarshal([]byte(manifest), &tree); err != nil {
				return nil, fmt.Errorf("%s gives no YAML: %w", name, err)
			}
			if tree["kind"] == "Secret" {
				delete(tree, "data") // made anew at each rendering
			}
			out.add(name+" "+key, tree)
		}
	}
	return out, nil
}

func (p picture) add(path string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for key, child := range v {
			p.add(path+"."+key, child)
		}
	case []any:
		for i, child := range v {
			p.add(fmt.Sprintf("%s[%d]", path, i), child)
		}
	default:
		p[path] = v
	}
}

// with returns the picture with a text in the place of the marker.
func (p picture) with(text string) picture {
	out := picture{}
	for path, v := range p {
		if s, ok := v.(string); ok {
			s = strings.ReplaceAll(s, marker, text)
			if strings.HasSuffix(path, "NOTES.txt") {
				s = strings.ReplaceAll(s, "<no value>", "") // Helm takes it out of every text
			}
			v = s
		}
		out[strings.ReplaceAll(path, marker, text)] = v
	}
	return out
}

// differs tells the first leaf that is another one. A checksum, and the name of a Job, which is one, are meant to be.
func (p picture) differs(other picture) error {
	paths := map[string]bool{}
	for path := range p {
		paths[path] = true
	}
	for path := range other {
		paths[path] = true
	}
	var wrong []string
	for path := range paths {
		if !reflect.DeepEqual(p[path], other[path]) && !strings.Contains(path, "checksum/") && !strings.HasSuffix(path, "job.yaml manifest-0.metadata.name") {
			want, _ := json.Marshal(p[path])
			got, _ := json.Marshal(other[path])
			wrong = append(wrong, fmt.Sprintf("%s is %.200s, want %.200s", path, got, want))
		}
	}
	slices.Sort(wrong)
	if len(wrong) == 0 {
		return nil
	}
	return fmt.Errorf("%d leaves differ: %s", len(wrong), wrong[0])
}
