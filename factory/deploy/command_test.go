package deploy_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/helm-chart-factory/factory/factory/clustertest"
	"github.com/helm-chart-factory/factory/factory/cmd"
	"github.com/helm-chart-factory/factory/factory/console"
)

// project is a folder with one service that nothing has to run for, to be released into a namespace of its own.
type project struct {
	t    *testing.T
	dir  string
	file string
}

func newProject(t *testing.T) *project {
	t.Helper()
	t.Setenv("FACTORY_HOME", t.TempDir())
	p := &project{t: t, dir: t.TempDir(), file: os.Getenv(clustertest.Kubeconfig)}
	p.write("factory.yaml", "version: 1\nname: shop\nnamespace: "+clustertest.Name(t, clustertest.Cluster(t))+"\n")
	p.service("1")
	return p
}

func (p *project) write(path, text string) {
	p.t.Helper()
	path = filepath.Join(p.dir, path)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// service writes the service with a tag for its image, and generates the charts.
func (p *project) service(tag string) {
	p.t.Helper()
	p.write("services/web/service.yaml", "port: 8080\nimage: example.invalid/web:"+tag+"\nreplicas: 0\n")
	p.run(0, "sync")
}

// run runs factory on the project and returns what it printed.
func (p *project) run(code int, args ...string) string {
	p.t.Helper()
	var out, said bytes.Buffer
	if args[0] != "sync" {
		args = append(args, "--kubeconfig", p.file)
	}
	if got := cmd.Execute(p.t.Context(), append(args, "-C", p.dir), &console.Streams{In: strings.NewReader(""), Out: &out, Err: &said}); got != code {
		p.t.Fatalf("factory %s: exit code %d, want %d\n%s%s", strings.Join(args, " "), got, code, out.String(), said.String())
	}
	return out.String() + said.String()
}

func (p *project) want(output, part string) {
	p.t.Helper()
	if !strings.Contains(output, part) {
		p.t.Errorf("no %q in\n%s", part, output)
	}
}

func TestPlanOnTheCommandLine(t *testing.T) {
	p := newProject(t)
	p.want(p.run(0, "plan"), "objects are created, no object changes")
	p.run(3, "plan", "--detailed-exitcode")
	p.run(0, "deploy")
	p.want(p.run(0, "plan", "--detailed-exitcode"), "nothing changes\n")
	p.service("2")
	p.want(p.run(3, "plan", "--detailed-exitcode"), "1 workload restarts, none is deleted")
	var found struct{ From, To int }
	document, _, _ := strings.Cut(p.run(0, "plan", "-o", "json"), "\n")
	if err := json.Unmarshal([]byte(document), &found); err != nil || found.From != 1 || found.To != 2 {
		t.Errorf("%v: %s", err, document)
	}
	p.want(document, `"restarts":["spec.template.spec.containers[web].image"]`)
	p.write("services/web/service.yaml", "port: 8080\nimage: example.invalid/web:3\nkind: StatefulSet\nreplicas: 0\nvolumes: {data: /data}\n")
	p.run(0, "sync")
	p.want(p.run(0, "plan"), "- deployment/web")
}
