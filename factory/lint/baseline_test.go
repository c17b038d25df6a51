package lint_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/helm-chart-factory/factory/factory/lint"
	"github.com/helm-chart-factory/factory/factory/umbrella"
	"github.com/helm-chart-factory/factory/templates"
)

const released = `
-- factory.yaml --
version: 1
-- services/db/service.yaml --
kind: StatefulSet
ports: {postgres: 5432}
health: {live: {tcp: postgres, failures: 6}}
volumes: {data: {path: /data, size: 10Gi}}
-- services/db/Dockerfile --
FROM postgres:15-alpine
-- services/old/service.yaml --
image: nginx:1.29
port: 8080
health: {live: /health}
-- services/web/service.yaml --
image: nginx:1.29
port: 8080
health: {live: /health}
`

const changed = `
-- services/db/service.yaml --
kind: StatefulSet
ports: {postgres: 5432}
health: {live: {tcp: postgres, failures: 6}}
volumes:
  data:
    path: /data
    size: 5Gi
-- services/db/Dockerfile --
FROM postgres:17-alpine
-- services/web/service.yaml --
image: nginx:1.29
ports: {http: {container: 8080, service: 81}}
health: {live: /health}
`

// commit writes the umbrella chart of a project and puts everything under git.
func commit(t *testing.T, dir string) {
	t.Helper()
	if _, err := umbrella.Generate(context.Background(), dir, templates.Files, umbrella.Request{Umbrella: true, Waiting: func() {}}); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"init", "-q", "."}, {"add", "-A"},
		{"-c", "user.name=tester", "-c", "user.email=tester@example.com", "commit", "-q", "--no-verify", "-m", "release"},
	} {
		command := exec.Command("git", args...)
		command.Dir = dir
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
}

// TestAgainst holds that a project is compared with its last commit unasked, and with a folder or a revision when asked, and
// that what it says is the same.
func TestAgainst(t *testing.T) {
	dir := write(t, released)
	commit(t, dir)
	if report := judge(t, dir); len(report.Findings) > 0 || !strings.HasPrefix(report.Against, "HEAD (") {
		t.Errorf("against %q: %v", report.Against, report.Findings)
	}
	copied := filepath.Join(t.TempDir(), "before")
	if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(dir, "services")); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(dir, os.DirFS(write(t, changed))); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"factory.yaml:1:1 warning upgrade-service-gone old: the service vanishes: Deployment, NetworkPolicy, Service, ServiceAccount",
		"services/db/service.yaml:1:1 error upgrade-postgres-major StatefulSet db: container db runs Postgres 17, and its data is of Postgres 15",
		"services/db/service.yaml:7:5 error upgrade-shrinking-volume StatefulSet db: the volume data was 10Gi and becomes 5Gi",
		"services/web/service.yaml:2:1 warning upgrade-port-gone Service web: port 80 (http) vanishes",
	}
	for _, against := range []string{"", "HEAD", copied} {
		report, err := lint.Run(context.Background(), lint.Request{Dir: dir, Builtin: templates.Files, Against: against})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range report.Findings {
			got = append(got, fmt.Sprintf("%s:%d:%d %s %s %s: %s", f.File, f.Line, f.Column, f.Severity, f.Rule, f.Object, f.Text))
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("against %q: got\n%s\nwant\n%s", against, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
	// The umbrella chart's own folder does too; it holds no Dockerfile, so nobody knows what the database was built on.
	report, err := lint.Run(context.Background(), lint.Request{Dir: dir, Builtin: templates.Files, Against: filepath.Join(copied, umbrella.Dir)})
	if err != nil || len(report.Findings) != len(want)-1 {
		t.Errorf("%v %v", report, err)
	}
}

// TestAgainstNothing holds that there need not be anything to compare with, and that a person who names something gets it or an
// error.
func TestAgainstNothing(t *testing.T) {
	dir := write(t, clean)
	report := judge(t, dir)
	if report.Against != "" || !strings.Contains(report.Alone, "not a git repository") {
		t.Errorf("against %q, alone %q", report.Against, report.Alone)
	}
	for against, want := range map[string]string{
		"v1.0":      "v1.0: neither a folder nor a git revision that holds umbrella-chart: nothing to compare with: ",
		t.TempDir(): "holds neither an umbrella chart nor a project with one: name a folder with Chart.yaml or umbrella-chart/Chart.yaml",
	} {
		_, err := lint.Run(context.Background(), lint.Request{Dir: dir, Builtin: templates.Files, Against: against})
		wrong, usage := err.(interface{ Usage() bool })
		if err == nil || !strings.Contains(err.Error(), want) || !usage || !wrong.Usage() {
			t.Errorf("%v", err)
		}
	}
}

// TestEnvironments holds that what is wrong in one environment only is found there, and what is wrong everywhere once.
func TestEnvironments(t *testing.T) {
	report := judge(t, write(t, `
-- factory.yaml --
version: 1
environments:
  prod:
    services:
      web:
        env: {API_TOKEN: abc}
        lint: {waive: {no-anti-affinity: there is one node in production}}
  test: {}
-- services/web/service.yaml --
image: nginx
replicas: 2
port: 8080
health: {live: /health, ready: /ready}
budget: {maxUnavailable: 1}
spread: {}
`))
	var got []string
	for _, f := range slices.Concat(report.Findings, report.Waived) {
		got = append(got, fmt.Sprintf("%s:%d %s %q", f.File, f.Line, f.Rule, f.Environment))
	}
	want := []string{
		`factory.yaml:6 env-var-secret "prod"`,
		`factory.yaml:7 unused-waiver ""`, // what is found everywhere is waived everywhere or not at all
		`services/web/service.yaml:1 latest-tag ""`,
		`services/web/service.yaml:6 no-anti-affinity ""`,
	}
	if !slices.Equal(got, want) || !slices.Equal(report.Environments, []string{"prod", "test"}) {
		t.Errorf("%v: got\n%s\nwant\n%s", report.Environments, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
