package spec_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/helm-chart-factory/factory/factory/spec"
)

var update = flag.Bool("update", false, "rewrite the expected output")

// project writes files, given as an archive, into a folder of its own.
func project(t *testing.T, files []txtar.File) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range files {
		path := filepath.Join(dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if target, isLink := strings.CutPrefix(string(f.Data), "-> "); isLink {
			if err := os.Symlink(strings.TrimSpace(target), path); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err := os.WriteFile(path, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// services returns a project with these specs, by service.
func services(specs map[string]string) []txtar.File {
	files := []txtar.File{{Name: "factory.yaml", Data: []byte("version: 1\n")}}
	for name, text := range specs {
		files = append(files, txtar.File{Name: "services/" + name + "/service.yaml", Data: []byte(text)})
	}
	return files
}

func load(t *testing.T, specs map[string]string) (*spec.Project, error) {
	t.Helper()
	return spec.Load(project(t, services(specs)))
}

func mustLoad(t *testing.T, specs map[string]string) *spec.Project {
	t.Helper()
	p, err := load(t, specs)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestWrong holds every refusal: an archive is a project and the error that it gives, word for word.
func TestWrong(t *testing.T) {
	archives, err := filepath.Glob("testdata/wrong/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatal("no archives", err)
	}
	for _, path := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var want string
			var files []txtar.File
			for _, f := range archive.Files {
				if f.Name == "want" {
					want = string(f.Data)
					continue
				}
				files = append(files, f)
			}
			dir := project(t, files)
			_, err = spec.Load(dir)
			if err == nil {
				t.Fatal("the project was accepted")
			}
			if u, ok := err.(interface{ Usage() bool }); !ok || !u.Usage() {
				t.Errorf("the error is not the caller's to cure: %T", err)
			}
			got := strings.ReplaceAll(err.Error(), dir, "DIR") + "\n"
			if *update {
				archive.Files = append(files, txtar.File{Name: "want", Data: []byte(got)})
				if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestDefaults(t *testing.T) {
	p := mustLoad(t, map[string]string{"web": "port: 8080\n"})
	s := p.Service("web")
	if p.Name != "platform" || p.Namespace != "platform" || p.Registry != "localhost:5000" || p.Issuer.Name != "factory-self-ca" {
		t.Errorf("project: %+v", p)
	}
	if s.Kind != spec.Deployment || s.Replicas != 1 || s.Image != "localhost:5000/web:latest" || s.Build.Context != "services/web" {
		t.Errorf("service: %+v", s)
	}
	if port := s.Ports["http"]; port.Container != 8080 || port.Service != 80 || port.Protocol != "TCP" {
		t.Errorf("port: %+v", port)
	}
	if s.Health.Ready == nil || s.Health.Ready.TCP != "http" {
		t.Errorf("ready: %+v", s.Health.Ready)
	}
	if s.Security.RunAsUser != 1000 || s.Security.RunAsGroup != 1000 || s.Security.FSGroup != 1000 || !s.Security.ReadOnlyRootFilesystem {
		t.Errorf("security: %+v", s.Security)
	}
}

func TestDefaultsOfTheProjectLieUnderneath(t *testing.T) {
	files := services(map[string]string{
		"a": "resources: {limits: {memory: 1Gi}}\n",
		"b": "",
	})
	files[0].Data = []byte("version: 1\ndefaults: {replicas: 3, resources: {requests: {cpu: 10m}, limits: {memory: 128Mi}}, security: {runAsUser: 70}}\n")
	p, err := spec.Load(project(t, files))
	if err != nil {
		t.Fatal(err)
	}
	a, b := p.Service("a"), p.Service("b")
	if a.Replicas != 3 || a.Resources.Limits["memory"] != "1Gi" || a.Resources.Requests["cpu"] != "10m" || a.Resources.Requests["memory"] != "64Mi" {
		t.Errorf("a: %+v", a.Resources)
	}
	if b.Resources.Limits["memory"] != "128Mi" || b.Security.RunAsUser != 70 || b.Security.FSGroup != 70 {
		t.Errorf("b took something of a, or nothing of the project: %+v %+v", b.Resources, b.Security)
	}
}

// TestTextStaysText holds that what YAML reads as another type, or a template as an action, is the text that was written.
func TestTextStaysText(t *testing.T) {
	p := mustLoad(t, map[string]string{"web": `
env:
  NO: no
  EXPONENT: 1e3
  OCTAL: 010
  HEX: 0x1F
  DATE: 2024-01-01
  SIXTY: 1:30
  TRUE: true
  FLOAT: 1.10
  UNDERSCORE: 1_000
  EMPTY: ""
  TILDE: "~"
  TEMPLATE: "{{ .Values.x }}"
  LITERAL: $${HOME}
  DOLLARS: $(DB_HOST) $$(X) $5
  EMOJI: "🙂 \u00e9"
`})
	want := map[string]string{
		"NO": "no", "EXPONENT": "1e3", "OCTAL": "010", "HEX": "0x1F", "DATE": "2024-01-01", "SIXTY": "1:30", "TRUE": "true",
		"FLOAT": "1.10", "UNDERSCORE": "1_000", "EMPTY": "", "TILDE": "~", "TEMPLATE": "{{ .Values.x }}", "LITERAL": "${HOME}",
		"DOLLARS": "$(DB_HOST) $$(X) $5", "EMOJI": "🙂 é",
	}
	for _, v := range p.Service("web").Env {
		if v.Value != want[v.Name] {
			t.Errorf("%s is %q, want %q", v.Name, v.Value, want[v.Name])
		}
		delete(want, v.Name)
	}
	if len(want) > 0 {
		t.Errorf("not seen: %v", want)
	}
}

func TestReferences(t *testing.T) {
	p := mustLoad(t, map[string]string{
		"web":   "needs: [db, multi]\nenv: {A: '${db.host}:${db.port}', B: '${project.namespace}', C: '${multi.port}/${multi.ports.admin}', D: '${web.host}'}\nport: 80\nargs: ['--db=${db.host}']\n",
		"db":    "ports: {postgres: 5432}\nneeds: [web]\n",
		"multi": "ports: {http: {container: 8080, service: 80}, admin: 9000}\n",
	})
	got := map[string]string{}
	for _, v := range p.Service("web").Env {
		got[v.Name] = v.Value
	}
	for name, want := range map[string]string{"A": "db:5432", "B": "platform", "C": "80/9000", "D": "web"} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
	if args := p.Service("web").Args; args[0] != "--db=db" {
		t.Errorf("args: %q", args)
	}
	if callers := p.Service("db").NeededBy; len(callers) != 1 || callers[0] != "web" {
		t.Errorf("callers of db: %q", callers)
	}
}

// TestAliasBomb holds that a few lines cannot keep the loader busy.
func TestAliasBomb(t *testing.T) {
	var bomb strings.Builder
	bomb.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 30; i++ {
		prev := "*a" + string(rune('0'+(i-1)%10))
		bomb.WriteString("env: &a" + string(rune('0'+i%10)) + " [" + strings.Repeat(prev+", ", 9) + prev + "]\n")
	}
	start := time.Now()
	if _, err := load(t, map[string]string{"web": bomb.String()}); err == nil {
		t.Fatal("aliases were accepted")
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("refusing took %v", took)
	}
}

func TestPositions(t *testing.T) {
	p := mustLoad(t, map[string]string{"web": "port: 80\nenv:\n  A: x\naccess:\n  - resources: [pods]\n    verbs: [get]\n"})
	s := p.Service("web")
	for want, path := range map[string][]string{
		"services/web/service.yaml:3:3":  {"env", "A"},
		"services/web/service.yaml:1:1":  {"port"},
		"services/web/service.yaml:6:13": {"access", "0", "verbs", "0"},
		"services/web/service.yaml:2:1":  {"env", "MISSING"},
	} {
		if got := s.At(path...).String(); got != want {
			t.Errorf("%v is at %s, want %s", path, got, want)
		}
	}
}

func FuzzLoad(f *testing.F) {
	archives, _ := filepath.Glob("testdata/wrong/*.txtar")
	for _, path := range archives {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range archive.Files {
			f.Add(file.Data)
		}
	}
	dir := f.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "services", "web"), 0o755); err != nil {
		f.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "services", "db"), 0o755); err != nil {
		f.Fatal(err)
	}
	for name, text := range map[string]string{"factory.yaml": "version: 1\n", "services/db/service.yaml": "port: 5432\nsecrets: {password: {generate: 24}}\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			f.Fatal(err)
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(filepath.Join(dir, "services", "web", "service.yaml"), text, 0o644); err != nil {
			t.Fatal(err)
		}
		p, err := spec.Load(dir)
		if (p == nil) == (err == nil) {
			t.Fatalf("neither a project nor an error, or both: %v", err)
		}
		if err != nil && !strings.Contains(err.Error(), "service.yaml") {
			t.Fatalf("an error without a place: %v", err)
		}
	})
}

// TestDefaultsOfOtherKinds: what the project says for all services counts only where it has a meaning.
func TestDefaultsOfOtherKinds(t *testing.T) {
	files := services(map[string]string{
		"web": "", "agent": "kind: DaemonSet\n", "report": "kind: CronJob\nschedule: '@daily'\n",
	})
	files[0].Data = []byte("version: 1\ndefaults: {replicas: 3, strategy: {maxSurge: 1, maxUnavailable: 0}, revisionHistory: 2, job: {retries: 1}, cron: {suspend: true}}\n")
	p, err := spec.Load(project(t, files))
	if err != nil {
		t.Fatal(err)
	}
	web, agent, report := p.Service("web"), p.Service("agent"), p.Service("report")
	if web.Strategy.MaxSurge != "1" || web.Job != nil || web.Cron != nil || *agent.RevisionHistory != 2 || agent.Job != nil ||
		report.Strategy != nil || report.RevisionHistory != nil || *report.Job.Retries != 1 || !report.Cron.Suspend {
		t.Errorf("web %+v\nagent %+v\nreport %+v", web, agent, report)
	}
}
