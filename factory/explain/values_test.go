package explain

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/helm-chart-factory/factory/factory/spec"
	"github.com/helm-chart-factory/factory/factory/subchart"
	"github.com/helm-chart-factory/factory/templates"
)

// TestNoDeadValue changes every value of every chart of the shipped stack, the examples and the project of all keys, in every
// environment: a manifest, or what a person reads after a release, has to change. So no value is generated that no template uses.
func TestNoDeadValue(t *testing.T) {
	dirs := []string{"../.."}
	examples, err := filepath.Glob("../../examples/*/factory.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range examples {
		dirs = append(dirs, filepath.Dir(path))
	}
	dirs = append(dirs, everyKey(t))
	count := 0
	for _, dir := range dirs {
		p, err := spec.Load(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, there := range append([]*spec.Project{p}, p.Environments...) {
			for _, s := range there.Services {
				asked, err := New(p, templates.Files, s.Name, there.Environment)
				if err != nil {
					t.Fatal(err)
				}
				for _, name := range asked.deadValues(t, &count) {
					t.Errorf("%s %s %s: no template uses the value %s", dir, there.Environment, s.Name, name)
				}
			}
		}
	}
	if count < 500 {
		t.Errorf("only %d values", count)
	}
}

func everyKey(t *testing.T) string {
	archive, err := txtar.ParseFile("../cmd/testdata/every.txtar")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, f := range archive.Files {
		full := filepath.Join(dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// deadValues returns the values that change nothing.
func (s *Service) deadValues(t *testing.T, count *int) []string {
	r := s.rendering
	c, err := subchart.NewRenderer(s.templates).Render(s.project, s.project.Service(s.name))
	if err != nil {
		t.Fatal(err)
	}
	r.templates = c.Templates // NOTES.txt is for people, and counts
	// What is made anew at each rendering shows by its length.
	see := func(r rendering) string {
		texts, err := r.run()
		if err != nil {
			return "" // a template that fails uses the value
		}
		var all strings.Builder
		for _, f := range r.templates {
			if name := s.name + "/" + f.Name; !strings.HasSuffix(name, "/secret.yaml") {
				all.WriteString(texts[name])
			}
		}
		return all.String()
	}
	base, secret := see(r), s.rendering.picture(s.random)
	var dead []string
	for _, l := range leaves(r.values) {
		*count++
		used := false
		for _, other := range append(others(l.value), nil) {
			changed := r
			changed.values = set(r.values, l.path, other).(map[string]any)
			if used = see(changed) != base; !used && (l.path[0].name == "secrets" || l.path[0].name == "existingSecret") {
				changed.templates = s.rendering.templates
				seen := changed.picture(s.random)
				used = len(observe(secret, []probe{{changes: []change{func() picture { return seen }}}}).effects) > 0
			}
			if used {
				break
			}
		}
		if !used {
			dead = append(dead, l.path.String())
		}
	}
	return dead
}

// TestDeadValueIsFound adds a value that no template knows.
func TestDeadValueIsFound(t *testing.T) {
	p, err := spec.Load("../..")
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(p, templates.Files, "backend", "")
	if err != nil {
		t.Fatal(err)
	}
	s.rendering.values["nobody"] = "reads this"
	count := 0
	if dead := s.deadValues(t, &count); len(dead) != 1 || dead[0] != "nobody" {
		t.Errorf("dead: %v", dead)
	}
}
