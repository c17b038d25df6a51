package subchart_test

import (
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/tools/txtar"

	"github.com/helm-chart-factory/factory/factory/spec"
	"github.com/helm-chart-factory/factory/factory/subchart"
	"github.com/helm-chart-factory/factory/templates"
)

var update = flag.Bool("update", false, "rewrite the expected output")

// load writes a project from service specs, by name, and loads it.
func load(t *testing.T, specs map[string]string) *spec.Project {
	t.Helper()
	dir := t.TempDir()
	write := func(path, text string) {
		full := filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("factory.yaml", "version: 1\n")
	for name, text := range specs {
		write("services/"+name+"/service.yaml", text)
	}
	p, err := spec.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func renderer(t *testing.T, own fs.FS) *subchart.Renderer {
	t.Helper()
	opened, err := subchart.Open(templates.Files, own)
	if err != nil {
		t.Fatal(err)
	}
	return subchart.NewRenderer(opened)
}

// TestGolden holds whole charts of specs of real kinds.
func TestGolden(t *testing.T) {
	specs, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(specs) == 0 {
		t.Fatal("no specs", err)
	}
	all := map[string]string{}
	for _, path := range specs {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all[strings.TrimSuffix(filepath.Base(path), ".yaml")] = string(text)
	}
	p := load(t, all)
	for _, s := range p.Services {
		t.Run(s.Name, func(t *testing.T) {
			c, err := renderer(t, nil).Render(p, s)
			if err != nil {
				t.Fatal(err)
			}
			var got txtar.Archive
			for _, f := range c.Raw {
				// What of the templates is left shows well in two of the charts, and TestPruned holds that it is enough.
				data := f.Data
				if strings.HasPrefix(f.Name, "templates/") && s.Name != "cache" && s.Name != "everything" {
					data = nil
				}
				got.Files = append(got.Files, txtar.File{Name: f.Name, Data: data})
			}
			golden := "testdata/" + s.Name + ".golden"
			if *update {
				if err := os.WriteFile(golden, txtar.Format(&got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if string(txtar.Format(&got)) != string(want) {
				t.Errorf("got\n%s\nwant\n%s", txtar.Format(&got), want)
			}
		})
	}
}

// TestSameBytes renders many times: no order of a map may show.
func TestSameBytes(t *testing.T) {
	text, err := os.ReadFile("testdata/everything.yaml")
	if err != nil {
		t.Fatal(err)
	}
	other, err := os.ReadFile("testdata/database.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var first string
	for i := range 30 {
		p := load(t, map[string]string{"everything": string(text), "database": string(other)})
		c, err := renderer(t, nil).Render(p, p.Service("everything"))
		if err != nil {
			t.Fatal(err)
		}
		var all strings.Builder
		for _, f := range c.Raw {
			all.WriteString(f.Name + "\n" + string(f.Data))
		}
		if i == 0 {
			first = all.String()
		} else if all.String() != first {
			t.Fatalf("run %d differs", i)
		}
	}
}

// TestWhole holds that a whole template arrives word for word, but for the prefix of named templates and the line with the stamp.
func TestWhole(t *testing.T) {
	opened, err := subchart.Open(templates.Files, nil)
	if err != nil {
		t.Fatal(err)
	}
	p := load(t, map[string]string{"web": "port: 80\n"})
	c, err := subchart.NewWholeRenderer(opened).Render(p, p.Service("web"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range c.Templates {
		source, err := fs.ReadFile(templates.Files, strings.TrimPrefix(f.Name, "templates/"))
		if err != nil {
			t.Fatal(err)
		}
		_, body, _ := strings.Cut(string(f.Data), "\n")
		for _, word := range []string{"define", "include", "template"} {
			body = strings.ReplaceAll(body, word+` "web.`, word+` "`)
		}
		if body != strings.TrimLeft(string(source), "\n") {
			t.Errorf("%s: got\n%s\nwant\n%s", f.Name, body, source)
		}
	}
}

func TestPrefix(t *testing.T) {
	own := fstest.MapFS{"NOTES.txt": {Data: []byte("{{ define \"a\" }}{{ end }}{{- include `b` . }} define \"text\" {{ template \"c\" . }}" +
		`{{ include (printf "%s.d" .Chart.Name) . }}{{ "include" }} include "e"` + "\n{{/* include \"f\" */}}{{ `{{ template \"g\" }}` }}{{ cat \"}} include `\" (include \"h\" .) }}")}}
	p := load(t, map[string]string{"web": "port: 80\n"})
	c, err := renderer(t, own).Render(p, p.Service("web"))
	if err != nil {
		t.Fatal(err)
	}
	want := "{{ define \"web.a\" }}{{ end }}{{- include `web.b` . }} define \"text\" {{ template \"web.c\" . }}" +
		`{{ include (printf "%s.d" .Chart.Name) . }}{{ "include" }} include "e"` + "\n{{/* include \"f\" */}}{{ `{{ template \"g\" }}` }}{{ cat \"}} include `\" (include \"web.h\" .) }}"
	for _, f := range c.Templates {
		if _, body, _ := strings.Cut(string(f.Data), "\n"); f.Name == "templates/NOTES.txt" && body != want {
			t.Errorf("got\n%s\nwant\n%s", body, want)
		}
	}
}

func TestProjectsOwnTemplates(t *testing.T) {
	own := fstest.MapFS{
		"service.yaml": {Data: []byte("# mine\n")},
		"embed.go":     {Data: []byte("package templates\n")},
	}
	p := load(t, map[string]string{"web": "port: 80\n"})
	c, err := renderer(t, own).Render(p, p.Service("web"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range c.Templates {
		mine := strings.Contains(string(f.Data), "from templates/") && strings.HasSuffix(string(f.Data), "# mine\n")
		if mine != (f.Name == "templates/service.yaml") {
			t.Errorf("%s:\n%s", f.Name, f.Data)
		}
	}
	_, err = subchart.Open(templates.Files, fstest.MapFS{"servise.yaml": {}})
	var wrong interface{ Usage() bool }
	if !errors.As(err, &wrong) || !wrong.Usage() || !strings.Contains(err.Error(), "templates/servise.yaml replaces none") {
		t.Errorf("got %v", err)
	}
}

func TestOnlyWhatIsUsed(t *testing.T) {
	for text, want := range map[string]string{
		"replicas: 1\n": "NOTES.txt _helpers.tpl deployment.yaml networkpolicy.yaml serviceaccount.yaml",
		"port: 80\n":    "NOTES.txt _helpers.tpl deployment.yaml networkpolicy.yaml service.yaml serviceaccount.yaml tests/test-connection.yaml",
		"ports: {dns: {container: 53, protocol: UDP}}\nkind: StatefulSet\nsecrets: {a: {generate: 24}}\n":        "NOTES.txt _helpers.tpl networkpolicy.yaml secret.yaml service.yaml serviceaccount.yaml statefulset.yaml",
		"access: [{resources: [nodes], verbs: [get], scope: cluster}]\nvolumes: {data: {path: /d, size: 1Gi}}\n": "NOTES.txt _helpers.tpl clusterrole.yaml clusterrolebinding.yaml deployment.yaml networkpolicy.yaml pvc.yaml serviceaccount.yaml",
	} {
		p := load(t, map[string]string{"web": text})
		c, err := renderer(t, nil).Render(p, p.Service("web"))
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, f := range c.Templates {
			names = append(names, strings.TrimPrefix(f.Name, "templates/"))
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", text, got, want)
		}
	}
}
