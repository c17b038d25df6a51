package lint_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/helm-chart-factory/factory/factory/lint"
	"github.com/helm-chart-factory/factory/templates"
)

// run judges a project, given as an archive, and returns what is found, a line each: place, severity, rule, object, text.
func run(t *testing.T, archive string) string {
	t.Helper()
	report := judge(t, write(t, archive))
	var b strings.Builder
	for _, f := range slices.Concat(report.Findings, report.Waived) {
		fmt.Fprintf(&b, "%s:%d:%d %s %s %s: %s", f.File, f.Line, f.Column, f.Severity, f.Rule, f.Object, f.Text)
		if f.Waived != "" {
			fmt.Fprintf(&b, " [waived: %s]", f.Waived)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func judge(t *testing.T, dir string) *lint.Report {
	t.Helper()
	report, err := lint.Run(context.Background(), lint.Request{Dir: dir, Builtin: templates.Files})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func write(t *testing.T, archive string) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range txtar.Parse([]byte(archive)).Files {
		path := filepath.Join(dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// expect compares line by line.
func expect(t *testing.T, got string, want ...string) {
	t.Helper()
	if wanted := strings.Join(want, "\n") + "\n"; got != wanted && (got != "" || len(want) > 0) {
		t.Errorf("got\n%s\nwant\n%s", got, wanted)
	}
}

const clean = `
-- factory.yaml --
version: 1
-- services/web/service.yaml --
image: nginx:1.29
port: 8080
health: {live: /health, ready: /ready}
`

func TestCleanProject(t *testing.T) {
	report := judge(t, write(t, clean))
	if len(report.Findings) > 0 || report.Charts != 2 || report.Objects != 5 {
		t.Errorf("%d charts, %d objects, %v", report.Charts, report.Objects, report.Findings)
	}
}

// TestPlaces holds that a finding is at the key that the spec says, and else at the one that makes the missing one necessary.
func TestPlaces(t *testing.T) {
	expect(t, run(t, `
-- factory.yaml --
version: 1
-- services/web/service.yaml --
image: nginx
replicas: 2
port: 8080
env:
  LOG: debug
  DB_PASSWORD: hunter2
spread: {}
`),
		"services/web/service.yaml:1:1 error latest-tag Deployment web: container web runs nginx:latest, whose tag moves",
		"services/web/service.yaml:2:1 warning no-pod-disruption-budget Deployment web: 2 replicas and no PodDisruptionBudget",
		"services/web/service.yaml:3:1 warning no-liveness-probe Deployment web: container web has no liveness probe",
		"services/web/service.yaml:6:3 error env-var-secret Deployment web: container web has a value in plain text in DB_PASSWORD",
		"services/web/service.yaml:7:1 warning no-anti-affinity Deployment web: 2 replicas, with neither a topology spread nor an anti-affinity",
	)
}

// TestOwnTemplates holds that what a project's own template does wrong is at that template, and that one which says the same
// as the built-in one is not blamed.
func TestOwnTemplates(t *testing.T) {
	read := func(name string) string {
		data, err := templates.Files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	account := strings.Replace(read("serviceaccount.yaml"), "automountServiceAccountToken: false", "automountServiceAccountTokne: false", 1)
	expect(t, run(t, clean+"-- templates/serviceaccount.yaml --\n"+account+"-- templates/deployment.yaml --\n"+read("deployment.yaml")),
		`services/web/service.yaml:1:1 warning unneeded-token Deployment web: the pod gets a token of account web, which may do nothing`,
		`templates/serviceaccount.yaml:0:0 error schema ServiceAccount web: automountServiceAccountTokne: unknown field; did you mean "automountServiceAccountToken"?`)
}

// TestManifests holds that raw manifests are judged as all else is, at their own lines, definitions of kinds and kinds that nobody
// knows included.
func TestManifests(t *testing.T) {
	expect(t, run(t, `
-- factory.yaml --
version: 1
-- services/web/service.yaml --
image: nginx:1.29
port: 8080
health: {live: /health}
manifests: [extra/roles.yaml, extra/more.yaml, kinds.yaml]
-- services/web/extra/roles.yaml --
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: all}
rules:
- apiGroups: [""]
  resources: ["*"]
  verb: [get]
---
apiVersion: example.com/v1
kind: Sprocket
metadata:
  name: one
-- services/web/extra/more.yaml --
# A comment, and an object below it.
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
  namespace: default
---
apiVersion: policy/v1beta1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {minAvailable: 1, selector: {matchLabels: {app.kubernetes.io/name: web}}}
-- services/web/kinds.yaml --
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: sprockets.example.com}
spec:
  group: example.com
  scop: Namespaced
  names: {plural: sprockets, kind: Sprocket}
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]
`),
		`services/web/extra/more.yaml:2:1 warning use-namespace ConfigMap a: it says namespace: default`,
		`services/web/extra/more.yaml:8:1 error removed-api PodDisruptionBudget web: policy/v1beta1 is not served by Kubernetes 1.32 to 1.37; this kind is there as policy/v1`,
		`services/web/extra/roles.yaml:1:1 error wildcard-in-rules Role all: it may  *`,
		`services/web/extra/roles.yaml:5:3 error schema Role all: rules[0].verbs: it is missing`,
		`services/web/extra/roles.yaml:7:3 error schema Role all: rules[0].verb: unknown field; did you mean "verbs"?`,
		`services/web/extra/roles.yaml:9:1 note unknown-kind Sprocket one: the schema of example.com/v1 Sprocket is not known`,
		`services/web/kinds.yaml:4:1 error schema CustomResourceDefinition sprockets.example.com: spec.scope: it is missing`,
		`services/web/kinds.yaml:6:3 error schema CustomResourceDefinition sprockets.example.com: spec.scop: unknown field; did you mean "scope"?`,
	)
}

// TestWaivers holds that the nearer waiver is taken, that a project's covers all services, and that one which is of no use is
// itself a finding.
func TestWaivers(t *testing.T) {
	expect(t, run(t, `
-- factory.yaml --
version: 1
lint:
  waive:
    latest-tag: a demonstration, nothing depends on it
    no-livenes-probe: nothing here hangs
-- services/db/service.yaml --
image: nginx
kind: StatefulSet
lint: {waive: {host-network: it was needed once}}
-- services/web/service.yaml --
image: nginx
port: 80
lint: {waive: {latest-tag: pinned by the mirror, no-liveness-probe: it never hangs}}
`),
		`factory.yaml:5:5 error unknown-waiver : there is no rule no-livenes-probe: did you mean "no-liveness-probe"?`,
		`services/db/service.yaml:3:16 warning unused-waiver : host-network finds nothing here`,
		`services/db/service.yaml:1:1 error latest-tag StatefulSet db: container db runs nginx:latest, whose tag moves [waived: a demonstration, nothing depends on it]`,
		`services/web/service.yaml:1:1 error latest-tag Deployment web: container web runs nginx:latest, whose tag moves [waived: pinned by the mirror]`,
		`services/web/service.yaml:2:1 warning no-liveness-probe Deployment web: container web has no liveness probe [waived: it never hangs]`,
	)
}

// TestRulesAreTold holds that every rule says all that a person needs.
func TestRulesAreTold(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range lint.Rules() {
		if r.ID == "" || seen[r.ID] || r.What == "" || r.Reason == "" || r.Fix == "" || r.Severity == 0 {
			t.Errorf("%+v", r)
		}
		seen[r.ID] = true
	}
}
