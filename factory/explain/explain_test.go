package explain_test

import (
	"bytes"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/tools/txtar"
	"helm.sh/helm/v3/pkg/chartutil"

	"github.com/helm-chart-factory/factory/factory/explain"
	"github.com/helm-chart-factory/factory/factory/lint/rendered"
	"github.com/helm-chart-factory/factory/factory/spec"
	"github.com/helm-chart-factory/factory/factory/umbrella"
	"github.com/helm-chart-factory/factory/templates"
)

// projects returns the shipped stack, every example, and the projects of testdata.
func projects(t *testing.T) map[string]*spec.Project {
	t.Helper()
	all := map[string]*spec.Project{}
	add := func(name, dir string) {
		p, err := spec.Load(dir)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all[name] = p
	}
	add("stack", "../..")
	examples, err := filepath.Glob("../../examples/*/factory.yaml")
	if err != nil || len(examples) == 0 {
		t.Fatal("no examples", err)
	}
	for _, path := range examples {
		add(filepath.Base(filepath.Dir(path)), filepath.Dir(path))
	}
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatal("no archives", err)
	}
	for _, path := range append(archives, "../cmd/testdata/every.txtar") {
		add(filepath.Base(path), unpack(t, path))
	}
	return all
}

func unpack(t *testing.T, path string) string {
	t.Helper()
	archive, err := txtar.ParseFile(path)
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

// still are the leaves that another text in their line does not change, each with the reason.
var still = map[string]string{
	"spec.template.spec.securityContext.runAsNonRoot": "only the user 0 changes it, which takes another level of Pod Security beside it",
	"spec.metrics[1].type":                            "it is there because the key is, whatever the key says",
	"spec.metrics[0].type":                            "it is there because the key is, whatever the key says",
}

// TestEveryLeaf asks for every leaf of every manifest, in every environment. Each has an origin that exists, and where the answer
// names a line, the text that it quotes stands there. A sample of the lines is written otherwise, and the manifest must follow.
func TestEveryLeaf(t *testing.T) {
	var count, changed atomic.Int64
	t.Run("of", func(t *testing.T) {
		for name, p := range projects(t) {
			for _, there := range append([]*spec.Project{p}, p.Environments...) {
				for _, s := range there.Services {
					t.Run(path.Join(name, there.Environment, s.Name), func(t *testing.T) {
						t.Parallel()
						asked, followed := everyLeaf(t, p, there.Environment, s.Name)
						count.Add(int64(asked))
						changed.Add(int64(followed))
					})
				}
			}
		}
	})
	t.Logf("%d leaves, %d of them changed", count.Load(), changed.Load())
	if count.Load() < 500 || changed.Load() < 20 {
		t.Errorf("only %d leaves, and %d of them changed", count.Load(), changed.Load())
	}
}

// everyLeaf asks for the leaves of one service. It returns how many there are, and how many followed what was written otherwise.
func everyLeaf(t *testing.T, p *spec.Project, environment, service string) (count, changed int) {
	asked, err := explain.New(p, templates.Files, service, environment)
	if err != nil {
		t.Fatal(err)
	}
	objects, err := asked.Objects()
	if err != nil {
		t.Fatal(err)
	}
	for _, object := range objects {
		answers, err := asked.Leaves(object, "")
		if err != nil {
			t.Fatalf("%s: %v", object, err)
		}
		for _, a := range answers {
			count++
			where := fmt.Sprintf("%s: %s = %v", a.Object, a.Path, a.Value)
			if err := stands(p, a); err != nil {
				t.Errorf("%s: %v", where, err)
			}
			if count%11 == 0 && a.Origin.Text != "" && a.Value != "made in the cluster" {
				ok, err := follows(p, environment, service, object, a)
				if err != nil && still[a.Path] == "" {
					t.Errorf("%s: %v", where, err)
				}
				if ok {
					changed++
				}
			}
		}
	}
	return count, changed
}

// stands holds an answer against the files that it names.
func stands(p *spec.Project, a explain.Answer) error {
	origins := []explain.Origin{a.Origin}
	if a.Because != nil {
		origins = append(origins, *a.Because)
	}
	for _, v := range a.Values {
		origins = append(origins, v.Origins...)
	}
	for _, o := range origins {
		switch o.Kind {
		case explain.FromDefault:
			if o.Key == "" || o.Meaning == "" {
				return fmt.Errorf("a default of a key that nobody knows: %+v", o)
			}
		case explain.FromFolder:
			if info, err := os.Stat(filepath.Join(p.Dir, o.File)); err != nil || !info.IsDir() {
				return fmt.Errorf("no folder %s", o.File)
			}
		case explain.FromFactory:
			if o.File == "" || o.Meaning == "" {
				return fmt.Errorf("factory does not say why: %+v", o)
			}
		case explain.FromTemplate:
			file := strings.TrimPrefix(strings.TrimPrefix(o.File, "factory's "), "templates/")
			text, err := templates.Files.ReadFile(file)
			if err != nil {
				return err
			}
			if lines := bytes.Split(text, []byte("\n")); o.Line < 1 || o.Line > len(lines) {
				return fmt.Errorf("%s has no line %d", o.File, o.Line)
			}
		default:
			text, err := os.ReadFile(filepath.Join(p.Dir, o.File))
			if err != nil {
				return err
			}
			if at, ok := offset(text, o); !ok || !bytes.HasPrefix(unquoted(text[at:]), []byte(firstLine(o.Text))) {
				return fmt.Errorf("%s does not say %q", o.Place(), o.Text)
			}
		}
	}
	return nil
}

// offset is the place of an origin in its file.
func offset(text []byte, o explain.Origin) (int, bool) {
	at := 0
	for range o.Line - 1 {
		next := bytes.IndexByte(text[at:], '\n')
		if next < 0 {
			return 0, false
		}
		at += next + 1
	}
	// Columns count runes.
	for range o.Column - 1 {
		if at >= len(text) {
			return 0, false
		}
		at += len(string([]rune(string(text[at:min(at+4, len(text))]))[0]))
	}
	return at, at < len(text)
}

func unquoted(text []byte) []byte { return bytes.TrimLeft(text, "\"'") }

// firstLine is what of a text stands at its beginning whichever way YAML writes it.
func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	if strings.ContainsAny(line, "\\\"'") || strings.Contains(text, "\n") {
		return ""
	}
	return line
}

// follows writes another text at the origin of an answer, and renders the whole umbrella from it. It tells whether the leaf became
// another one; that none does, while the loader takes them all, is an error.
func follows(p *spec.Project, environment, service, object string, a explain.Answer) (bool, error) {
	text, err := os.ReadFile(filepath.Join(p.Dir, a.Origin.File))
	if err != nil {
		return false, err
	}
	at, _ := offset(text, a.Origin)
	at += len(text[at:]) - len(unquoted(text[at:]))
	if a.Origin.Kind == explain.FromFile || !bytes.HasPrefix(text[at:], []byte(a.Origin.Text)) {
		return false, nil
	}
	taken, refused := 0, 0
	for _, other := range explain.Alternatives(p, a.Origin) {
		edited := string(text[:at]) + other + string(text[at+len(a.Origin.Text):])
		draft, err := spec.LoadDraft(p.Dir, spec.Draft{Files: map[string][]byte{a.Origin.File: []byte(edited)}})
		if err != nil {
			refused++
			continue
		}
		now, err := valueOf(draft, environment, service, object, a.Path)
		if err != nil {
			return false, err
		}
		if now != fmt.Sprint(a.Value) {
			return true, nil
		}
		taken++
	}
	if taken > 0 && refused == 0 {
		return false, fmt.Errorf("%s says %q, and %d others change nothing", a.Origin.Place(), a.Origin.Text, taken)
	}
	return false, nil
}

// valueOf renders the umbrella of a project as a release does, and returns a leaf of it as a text.
func valueOf(p *spec.Project, environment, service, object, path string) (string, error) {
	c, err := umbrella.Load(p, templates.Files)
	if err != nil {
		return "", err
	}
	there, err := p.Env(environment)
	if err != nil {
		return "", err
	}
	values := chartutil.Values{}
	if environment != "" {
		for _, f := range c.Files {
			if f.Name == umbrella.ValuesFile(environment) {
				if values, err = chartutil.ReadValues(f.Data); err != nil {
					return "", err
				}
			}
		}
	}
	release, err := rendered.Render(c, rendered.Options{Name: p.Name, Namespace: there.Namespace, KubeVersion: "v1.34.0", Values: values})
	if err != nil {
		return "", err
	}
	for _, o := range release.Objects {
		if o.Service == service && o.Kind+"/"+o.Name == object {
			value, ok := explain.At(o.Fields, path)
			if !ok {
				return "gone", nil
			}
			return fmt.Sprint(value), nil
		}
	}
	return "gone", nil
}
