package importer_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pmezard/go-difflib/difflib"
	"sigs.k8s.io/yaml"

	"github.com/helm-chart-factory/factory/factory/importer"
	"github.com/helm-chart-factory/factory/factory/lint/rendered"
	"github.com/helm-chart-factory/factory/factory/spec"
	"github.com/helm-chart-factory/factory/factory/umbrella"
	"github.com/helm-chart-factory/factory/templates"
)

// render returns the objects of the project in dir as plain Helm would apply them, by kind and name.
func render(t *testing.T, dir string) map[string]*rendered.Object {
	t.Helper()
	p, err := spec.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	c, err := umbrella.Load(p, templates.Files)
	if err != nil {
		t.Fatal(err)
	}
	release, err := rendered.Render(c, rendered.Options{Name: p.Name, Namespace: p.Namespace, KubeVersion: "v1.34.0"})
	if err != nil {
		t.Fatal(err)
	}
	objects := map[string]*rendered.Object{}
	for _, o := range release.Objects {
		objects[o.Kind+" "+o.Name] = o
	}
	return objects
}

// text writes an object without what is another one each time, or is not to come back.
func text(t *testing.T, o *rendered.Object) string {
	t.Helper()
	data, err := yaml.Marshal(o.Fields)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// roundTrip renders a project, imports what came out into another one with the same factory.yaml, and renders that. It returns
// how the objects differ.
func roundTrip(t *testing.T, dir string) string {
	t.Helper()
	before := render(t, dir)
	into := t.TempDir()
	data, err := os.ReadFile(filepath.Join(dir, "factory.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	manifests := filepath.Join(into, "manifests")
	if err := os.MkdirAll(manifests, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(into, "factory.yaml"), data, 0o644); err != nil {
		t.Fatal(err)
	}
	var all []string
	for name, o := range before {
		all = append(all, text(t, o))
		_ = name
	}
	slices.Sort(all)
	if err := os.WriteFile(filepath.Join(manifests, "all.yaml"), []byte(strings.Join(all, "---\n")), 0o644); err != nil {
		t.Fatal(err)
	}
	result, err := importer.Run(importer.Request{Paths: []string{manifests}, Into: into})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range result.Findings {
		t.Log(f)
	}
	return differences(t, before, render(t, into))
}

func differences(t *testing.T, before, after map[string]*rendered.Object) string {
	t.Helper()
	var names []string
	for name := range before {
		names = append(names, name)
	}
	for name := range after {
		if before[name] == nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var b strings.Builder
	for _, name := range names {
		switch {
		case before[name] == nil:
			b.WriteString("new: " + name + "\n")
		case after[name] == nil:
			b.WriteString("gone: " + name + "\n")
		default:
			diff, _ := difflib.GetUnifiedDiffString(difflib.UnifiedDiff{
				A: difflib.SplitLines(text(t, before[name])), B: difflib.SplitLines(text(t, after[name])), FromFile: name, ToFile: name, Context: 2})
			b.WriteString(diff)
		}
	}
	return b.String()
}

// TestRoundTripOfTheStack renders the shipped services, imports the manifests, and gets the same objects again. Only the Secret is not
// carried over.
func TestRoundTripOfTheStack(t *testing.T) {
	if got, want := roundTrip(t, "../.."), "gone: Secret database\n"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestRoundTripOfEveryKind does the same with a service of every kind and with the keys that they have.
func TestRoundTripOfEveryKind(t *testing.T) {
	dir := unpack(t, files(map[string]string{
		"factory.yaml": "version: 1\nname: shop\nnamespace: prod\ngateway: {parents: [{name: public, namespace: gateways}]}\n",
		"services/web/service.yaml": `
port: 8080
image: example/web:1.2
strategy: {maxSurge: 1, maxUnavailable: 0}
revisionHistory: 3
priority: high
health: {live: {http: /live, delay: 5s, period: 20s}, ready: /ready, startup: {tcp: http, failures: 30}}
needs: [api, broker]
env: {API: "http://${api.host}:${api.port}/x", NAME: {field: metadata.name}, LITERAL: "$${X} $(NAME)", TOKEN: {secret: web-token, key: token}}
ingress: {hosts: [a.example.com, b.example.com], paths: {/: http, /exact: {port: http, type: Exact}}, tls: true, class: nginx, annotations: {example.com/x: "1"}}
autoscale: {min: 2, max: 8, cpu: 70, memory: 80, behavior: {scaleDown: {stabilizationWindowSeconds: 60}}}
budget: {maxUnavailable: 1}
network: {from: [{cidr: 10.0.0.0/8, except: [10.1.0.0/16], ports: [8080]}], to: [{namespace: kafka, ports: [9092]}]}
labels: {team: shop}
annotations: {example.com/owner: shop}
podLabels: {tier: front}
podAnnotations: {example.com/scan: "yes"}
volumes: {tmp: /tmp, cache: {path: /cache, size: 1Gi, temporary: true}}
resources: {requests: {cpu: 10m}, limits: {cpu: "1", memory: 128Mi}}
security: {runAsUser: 101, readOnlyRootFilesystem: false}
gracePeriod: 90s
`,
		"services/api/service.yaml": `
image: example/api:1.2
ports: {http: {container: 8080, service: 80}, grpc: {container: 9000, appProtocol: kubernetes.io/h2c}, dns: {container: 53, protocol: UDP}}
health: {live: {grpc: grpc}, ready: {http: {path: /ready, headers: {X-Probe: "1"}}}}
gateway: {kind: GRPC, host: api.example.com, paths: {/shop.Cart: grpc}}
metrics: {path: /stats, port: http}
access: [{resources: [pods, pods/log], verbs: [get]}, {resources: [deployments.apps], verbs: [list], scope: cluster}]
service: {type: NodePort, sessionAffinity: true, annotations: {example.com/lb: "1"}}
`,
		"services/broker/service.yaml": `
kind: StatefulSet
replicas: 3
image: example/broker:3
ports: {amqp: 5672}
service: {headless: true, publishNotReady: true}
strategy: {partition: 1}
retention: {whenScaled: Delete}
volumes: {data: {path: /data, size: 5Gi, class: fast, access: ReadWriteOncePod}}
`,
		"services/single/service.yaml": "image: example/single:1\nport: 80\nvolumes: {data: {path: /data, size: 1Gi}}\n",
		"services/agent/service.yaml":  "kind: DaemonSet\nimage: example/agent:1\nstrategy: OnDelete\n",
		"services/nightly/service.yaml": `
kind: CronJob
image: example/report:1
schedule: "30 4 * * 1-5"
cron: {timeZone: Europe/Berlin, concurrency: Replace, startWithin: 5m, keepSucceeded: 1, keepFailed: 2}
job: {retries: 2, deadline: 10m, keepFor: 1h, parallelism: 2, completions: 4}
command: [report, --all]
`,
		"services/migrate/service.yaml": "kind: Job\nimage: example/api:1.2\ncommand: [migrate]\nhook: {on: [pre-upgrade], weight: 5, delete: [before-hook-creation]}\njob: {retries: 0}\n",
		"services/once/service.yaml":    "kind: Job\nimage: example/api:1.2\njob: {deadline: 1h}\n",
	}))
	if got := roundTrip(t, dir); got != "" {
		t.Errorf("got\n%s", got)
	}
}

// TestRoundTripOfTheExamples does the same with every example. Secrets are the only objects that are not carried over, except those of
// files, which were files of the service's folder.
func TestRoundTripOfTheExamples(t *testing.T) {
	examples, err := filepath.Glob("../../examples/*/factory.yaml")
	if err != nil || len(examples) == 0 {
		t.Fatal("no examples", err)
	}
	for _, path := range examples {
		dir := filepath.Dir(path)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			var want strings.Builder
			before := render(t, dir)
			for _, name := range slices.Sorted(maps.Keys(before)) {
				if before[name].Kind == "Secret" && !strings.HasSuffix(name, ".files") {
					want.WriteString("gone: " + name + "\n")
				}
			}
			if got := roundTrip(t, dir); got != want.String() {
				t.Errorf("got\n%s\nwant\n%s", got, want.String())
			}
		})
	}
}
