package cmd

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
	"helm.sh/helm/v3/pkg/chart"
	"sigs.k8s.io/yaml"

	"github.com/helm-chart-factory/factory/factory/schema"
	"github.com/helm-chart-factory/factory/factory/spec"
	"github.com/helm-chart-factory/factory/factory/subchart"
	"github.com/helm-chart-factory/factory/factory/umbrella"
	"github.com/helm-chart-factory/factory/templates"
)

// silent are the keys that change nothing by themselves, each with the reason.
var silent = map[string]string{
	"factory.yaml version":                  "it says how to read the file, and only one version is known",
	"service.yaml name":                     "it must agree with the folder",
	"service.yaml health.live.successes":    "Kubernetes lets it be 1 alone, which is the default",
	"service.yaml health.startup.successes": "Kubernetes lets it be 1 alone, which is the default",
	"service.yaml lint":                     "factory lint alone reads it, and tests it",
	"service.yaml lint.waive":               "factory lint alone reads it, and tests it",
	"service.yaml lint.waive.*":             "factory lint alone reads it, and tests it",
	"factory.yaml lint":                     "factory lint alone reads it, and tests it",
	"factory.yaml lint.waive":               "factory lint alone reads it, and tests it",
	"factory.yaml lint.waive.*":             "factory lint alone reads it, and tests it",
	"factory.yaml lint.kubernetes":          "factory lint alone reads it, and tests it",
	"factory.yaml lint.kubernetes.*":        "factory lint alone reads it, and tests it",
}

// TestNoDeadKnob turns every key of the specs: with each, as the schema knows it, there must be two specs that the loader takes,
// that differ in this key alone, and that do not give the same charts, images and release. What stands in several places, such as
// the environment of every kind of container, is turned in each place, and what it holds in the first one.
func TestNoDeadKnob(t *testing.T) {
	every, environments := newKnobs(t, "testdata/every.txtar"), newKnobs(t, "testdata/environments.txtar")
	count := 0
	held := map[string]bool{}
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
			project := every
			if path[0] == "environments" {
				project = environments
			}
			turned, err := project.turn(s, of.file, path, n)
			count++
			switch reason, quiet := silent[name]; {
			case quiet && turned:
				t.Errorf("%s does something, so it is not silent because %s", name, reason)
			case !quiet && !turned:
				t.Errorf("%s %v", name, err)
			}
			again := n.Ref != "" && held[n.Ref] && path[0] != "health" && !strings.HasSuffix(n.Ref, "/Container")
			held[n.Ref] = true
			// What stands below these is a spec once more: it is laid under or over the others before anything is decoded.
			return !again && path[0] != "defaults" && path[0] != "environments"
		})
	}
	if count < 100 {
		t.Errorf("only %d keys", count)
	}
}

// kubernetes are the keys whose default is that of Kubernetes: nothing is said to it then.
var kubernetes = []string{"retention.whenDeleted", "retention.whenScaled", "service.externalTrafficPolicy", "service.sessionAffinity.timeout"}

// TestDefaultsAreTrue says every default of the schemas in a spec: that must give what saying nothing gives.
func TestDefaultsAreTrue(t *testing.T) {
	k := newKnobs(t, "testdata/every.txtar")
	for file, text := range map[string][]byte{spec.ServiceFile: schema.Service, spec.ProjectFile: schema.Project} {
		s, err := schema.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		s.Keys(func(path []string, n *schema.Node) bool {
			if n.Default != nil && !slices.Contains(kubernetes, strings.Join(path, ".")) {
				if err := k.holds(s, file, path, n.Default); err != nil {
					t.Errorf("%s %s: the default %v %v", file, strings.Join(path, "."), n.Default, err)
				}
			}
			return path[0] != "defaults" && path[0] != "environments"
		})
	}
}

// holds looks for a spec in which a key may be said and left out, and wants the same of both.
func (k *knobs) holds(s *schema.Schema, file string, path []string, value any) error {
	var refused error
	for _, trial := range k.trials(s, file, path) {
		unsaid, err := k.output(trial.file, schema.With(trial.tree, trial.place, nil))
		if err != nil {
			refused = err
			continue
		}
		said, err := k.output(trial.file, schema.With(trial.tree, trial.place, value))
		if err != nil {
			refused = err
			continue
		}
		if said != unsaid {
			return fmt.Errorf("is not what holds in %s when nothing is said", trial.file)
		}
		return nil
	}
	return fmt.Errorf("cannot be said: %w", refused)
}

// knobs is a project with services of every kind, and what it gives.
type knobs struct {
	dir      string
	files    map[string]map[string]any
	renderer *subchart.Renderer
}

func newKnobs(t *testing.T, name string) *knobs {
	archive, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	opened, err := subchart.Open(templates.Files, nil)
	if err != nil {
		t.Fatal(err)
	}
	k := &knobs{dir: t.TempDir(), files: map[string]map[string]any{}, renderer: subchart.NewRenderer(opened)}
	for _, f := range archive.Files {
		path := filepath.Join(k.dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(f.Name, ".yaml") {
			continue
		}
		var tree map[string]any
		if err := yaml.Unmarshal(f.Data, &tree); err != nil {
			t.Fatal(err)
		}
		k.files[f.Name] = tree
	}
	if _, err := k.output(spec.ProjectFile, k.files[spec.ProjectFile]); err != nil {
		t.Fatal(err)
	}
	return k
}

// load reads the project as if a file said what the tree holds.
func (k *knobs) load(file string, tree any) (*spec.Project, error) {
	text, err := json.Marshal(tree)
	if err != nil {
		return nil, err
	}
	draft := spec.Draft{Files: map[string][]byte{file: text}}
	if file != spec.ProjectFile {
		own := path.Base(path.Dir(file))
		draft.Only = func(service string) bool { return service == own || service == "database" || service == "other" }
	}
	return spec.LoadDraft(k.dir, draft)
}

// output returns a hash of everything that the project gives when a file says what the tree holds.
func (k *knobs) output(file string, tree any) (string, error) {
	base, err := k.load(file, tree)
	if err != nil {
		return "", err
	}
	hash := sha256.New()
	for _, p := range append([]*spec.Project{base}, base.Environments...) {
		if err := k.render(p, hash); err != nil {
			return "", err
		}
		fmt.Fprintln(hash, imageServices(p, nil), p.Environment, p.Name, p.Namespace, p.Registry, p.Issuer, p.PodSecurity())
	}
	return string(hash.Sum(nil)), nil
}

func (k *knobs) render(p *spec.Project, out io.Writer) error {
	k.renderer.Recycle()
	add := func(c *chart.Chart) {
		for _, f := range c.Raw {
			out.Write(f.Data)
		}
	}
	var charts []*chart.Chart
	for _, s := range p.Services {
		c, err := k.renderer.Render(p, s)
		if err != nil {
			return err
		}
		add(c)
		charts = append(charts, c)
	}
	c, err := umbrella.Build(p, charts, k.renderer)
	if err == nil {
		add(c)
	}
	return err
}

// trial is a spec in which a key has a place.
type trial struct {
	file  string
	place []string
	tree  any
}

// trials returns the places that a key has in the specs as they are, and then in those where what is around it was made anew.
func (k *knobs) trials(s *schema.Schema, file string, path []string) []trial {
	var plain, framed []trial
	for _, name := range k.named(file) {
		for _, place := range s.Places(k.files[name], path...) {
			plain = append(plain, trial{name, place, k.files[name]})
			for _, tree := range frames(s, k.files[name], place) {
				framed = append(framed, trial{name, place, tree})
			}
		}
	}
	return append(plain, framed...)
}

// turn looks for two specs that differ in one key and give different things. The error tells why there are none.
func (k *knobs) turn(s *schema.Schema, file string, path []string, n *schema.Node) (bool, error) {
	samples := slices.Concat(names(n), s.Samples(n))
	if above, ok := s.Find(path[:len(path)-1]...); ok && path[len(path)-1] == schema.Any {
		for _, example := range above.Examples {
			samples = append(samples, entries(example)...)
		}
	}
	var refused error
	taken := 0
	for _, trial := range k.trials(s, file, path) {
		seen := map[string]bool{}
		for _, value := range append([]any{nil, schema.Get(trial.tree, trial.place)}, samples...) {
			output, err := k.output(trial.file, schema.With(trial.tree, trial.place, value))
			if err != nil {
				refused = err
				continue
			}
			taken++
			seen[output] = true
			if len(seen) > 1 {
				return true, nil
			}
		}
	}
	text, _ := json.Marshal(samples)
	if taken < 2 {
		return false, fmt.Errorf("cannot be said in any service of testdata/every.txtar: end its comment with an example, or add a service there that fits it\ntried: %s\nlast refusal: %v", text, refused)
	}
	return false, fmt.Errorf("is a dead knob: %d specs with and without it are taken, and they all give the same\ntried: %s", taken, text)
}

// names returns those that testdata/every.txtar gives to ports, services and keys, for a key that refers to one.
func names(n *schema.Node) []any {
	if !slices.Contains(n.Type, "string") || len(n.Enum) > 0 {
		return nil
	}
	return []any{"http", "grpc", "other", "database", "password"}
}

// entries returns what a list or a mapping holds.
func entries(v any) []any {
	switch v := v.(type) {
	case []any:
		return v
	case map[string]any:
		return slices.Collect(maps.Values(v))
	}
	return nil
}

func (k *knobs) named(file string) []string {
	var names []string
	for name := range k.files {
		if filepath.Base(name) == file {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// frames returns specs in which the mapping that a key is in was made anew: empty, and as the schema describes it, since some
// keys make sense beside others only. So were the mappings around that one.
func frames(s *schema.Schema, tree any, path []string) []any {
	var out []any
	for i := len(path) - 1; i > 0; i-- {
		n, ok := s.Find(path[:i]...)
		if !ok {
			continue
		}
		for _, value := range append([]any{map[string]any{}}, s.Samples(n)...) {
			out = append(out, schema.With(tree, path[:i], value))
		}
	}
	return out
}
