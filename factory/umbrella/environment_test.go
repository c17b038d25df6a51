package umbrella_test

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"

	"github.com/helm-chart-factory/factory/factory/spec"
	"github.com/helm-chart-factory/factory/factory/subchart"
	"github.com/helm-chart-factory/factory/factory/umbrella"
	"github.com/helm-chart-factory/factory/templates"
)

// in renders the written umbrella chart with the values of an environment, as `helm template -f` does.
func in(t *testing.T, dir, environment string) map[string]string {
	t.Helper()
	c := synced(t, dir)
	values, err := chartutil.ReadValuesFile(filepath.Join(dir, umbrella.Dir, umbrella.ValuesFile(environment)))
	if err != nil {
		t.Fatal(err)
	}
	return rendered(t, c, values)
}

// flat renders a project as if it had no environments: what differs in one is its own.
func flat(t *testing.T, dir, environment string) map[string]string {
	t.Helper()
	p, err := spec.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if p, err = p.Env(environment); err != nil {
		t.Fatal(err)
	}
	c, err := umbrella.Load(p, templates.Files)
	if err != nil {
		t.Fatal(err)
	}
	return rendered(t, c, map[string]any{})
}

// generated is a value that is made anew at each rendering.
var generated = regexp.MustCompile(`: [A-Za-z0-9+/]{30,}=*(\n|$)`)

func same(t *testing.T, what string, got, want map[string]string) {
	t.Helper()
	keys := slices.AppendSeq(slices.Collect(maps.Keys(got)), maps.Keys(want))
	slices.Sort(keys)
	for _, key := range slices.Compact(keys) {
		if generated.ReplaceAllString(got[key], "") != generated.ReplaceAllString(want[key], "") {
			t.Errorf("%s: %s is\n%s\nwant\n%s", what, key, got[key], want[key])
		}
	}
}

// TestEnvironmentIsWhatItsSpecsSay renders one tree with each environment's values, and each environment's specs by themselves: the
// manifests are the same, whatever an environment adds, changes or takes away.
func TestEnvironmentIsWhatItsSpecsSay(t *testing.T) {
	dir := project(t, map[string]string{
		"factory.yaml": `version: 1
defaults: {security: {runAsUser: 2000}}
environments:
  none: {}
  less:
    namespace: few
    services:
      everything: {port: null, ingress: null, metrics: null, secrets: null, access: null, autoscale: null, budget: null, volumes: null,
        env: null, args: null, health: null, security: {readOnlyRootFilesystem: null}, service: null, replicas: null}
      reader: {needs: null, env: {PASSWORD: {secret: other, key: p}, ADDRESS: text}}
  more:
    namespace: many
    domain: example.com
    registry: registry.example.com
    issuer: {name: letsencrypt}
    ingress: {class: nginx}
    defaults: {gracePeriod: 1m}
    services:
      bare:
        port: 8080
        ports: {admin: 9000}
        ingress: {tls: true, annotations: {a/b: c}}
        secrets: {password: {generate: 24}}
        access: [{resources: [pods], verbs: [get]}, {resources: [nodes], verbs: [get], scope: cluster}]
        autoscale: {max: 5}
        budget: {maxUnavailable: 1}
        volumes: {data: {path: /data, size: 1Gi, access: ReadWriteMany}, tmp: /tmp}
        env: {A: b, B: $(A)}
        args: [x]
        health: {live: /live}
        service: {type: LoadBalancer, annotations: {a: b}}
      everything:
        image: nginx:1.27
        port: 81
        env: {TEXT: {field: metadata.name}, FIELD: text, NEW: x}
        args: [only]
        secrets: {more: {generate: 32}}
        volumes: {data: {size: 5Gi}, tmp: null}
        ingress: {host: www.example.com, tls: false}
        health: {live: {tcp: http}}
        resources: {limits: {memory: 1Gi, cpu: 2}}
`,
		"services/bare/service.yaml":        "{}\n",
		"services/bare/service.none.yaml":   "# nothing\n",
		"services/reader/service.yaml":      "port: 80\nneeds: [everything]\nenv: {PASSWORD: {service: everything, key: p}, ADDRESS: '${everything.host}:${everything.port}/${project.namespace}'}\n",
		"services/reader/service.more.yaml": "needs: [everything, bare]\nenv: {OTHER: '${bare.ports.admin}'}\n",
		"services/everything/service.yaml": `
image: nginx@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
port: 80
replicas: 3
ingress: {tls: true, path: /x}
metrics: /m
secrets: {p: {generate: 24}}
access: [{resources: [pods], verbs: [get]}, {resources: [nodes], verbs: [get], scope: cluster}]
autoscale: {min: 3, max: 5}
budget: {minAvailable: 1}
volumes: {data: {path: /data, size: 1Gi, access: ReadWriteMany}, tmp: /tmp}
env: {TEXT: a, REF: $(TEXT), FIELD: {field: metadata.name}}
args: [a, b]
health: {live: /live, ready: /ready}
security: {readOnlyRootFilesystem: false}
service: {annotations: {a: b}}
`,
	})
	whole := rendered(t, synced(t, dir), map[string]any{})
	same(t, "without an environment", whole, flat(t, dir, ""))
	same(t, "an environment that changes nothing", in(t, dir, "none"), whole)
	for _, environment := range []string{"less", "more"} {
		got := in(t, dir, environment)
		same(t, environment, got, flat(t, dir, environment))
		if maps.Equal(got, whole) {
			t.Errorf("%s changes nothing", environment)
		}
	}
}

// TestOverrideIsAnEdit writes an override straight into the specs: that gives the manifests of the environment.
func TestOverrideIsAnEdit(t *testing.T) {
	before := project(t, map[string]string{
		"factory.yaml":              "version: 1\ndefaults: {replicas: 2}\nenvironments: {prod: {namespace: shop, domain: example.com, defaults: {replicas: 4}}}\n",
		"services/web/service.yaml": "port: 8080\nmetrics: /metrics\nneeds: [db]\nenv: {LEVEL: debug, DEBUG: 1, NS: '${project.namespace}'}\nenvironments: {prod: {env: {LEVEL: warn, DEBUG: null}, ingress: true, metrics: null}}\n",
		"services/db/service.yaml":  "image: postgres:15\nport: 5432\n", "services/db/service.prod.yaml": "replicas: 1\nports: {stats: 9187}\n",
	})
	after := project(t, map[string]string{
		"factory.yaml":              "version: 1\nnamespace: shop\ndomain: example.com\ndefaults: {replicas: 4}\n",
		"services/web/service.yaml": "port: 8080\nneeds: [db]\nenv: {LEVEL: warn, NS: '${project.namespace}'}\ningress: true\n",
		"services/db/service.yaml":  "image: postgres:15\nport: 5432\nreplicas: 1\nports: {stats: 9187}\n",
	})
	same(t, "prod", in(t, before, "prod"), rendered(t, synced(t, after), map[string]any{}))
}

// TestValuesOfAnEnvironment holds what its file says: what differs and nothing else.
func TestValuesOfAnEnvironment(t *testing.T) {
	dir := project(t, map[string]string{
		"factory.yaml":              "version: 1\nenvironments: {prod: {}, test: {}}\n",
		"services/db/service.yaml":  "image: postgres:15\nport: 5432\n",
		"services/web/service.yaml": "port: 8080\nreplicas: 2\nmetrics: /metrics\nenv: {A: x, B: y}\nenvironments: {prod: {replicas: 3, metrics: null, env: {A: z, B: null}}}\n",
	})
	synced(t, dir)
	for environment, want := range map[string]string{
		"prod": "web:\n  replicas: 3\n  env:\n    A: z\n    B: null\n  metrics: null\n  podAnnotations: null\n",
		"test": "",
	} {
		data, err := os.ReadFile(filepath.Join(dir, umbrella.Dir, umbrella.ValuesFile(environment)))
		if err != nil {
			t.Fatal(err)
		}
		lines := slices.Collect(strings.Lines(string(data)))
		if got := strings.Join(lines[3:], ""); got != want {
			t.Errorf("%s says\n%s", environment, got)
		}
		if got := lines[2]; got != "# helm upgrade --install platform umbrella-chart/ -f umbrella-chart/values-"+environment+".yaml -n platform --create-namespace\n" {
			t.Error(got)
		}
	}
}

// TestTemplatesAreGuarded gives a service that says nothing the templates of every object that an environment might add: they
// render nothing without their values, so that only the environment has the object.
func TestTemplatesAreGuarded(t *testing.T) {
	all, err := fs.Glob(templates.Files, "*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	tests, err := fs.Glob(templates.Files, "tests/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]string{"deployment.yaml": "", "statefulset.yaml": "kind: StatefulSet", "daemonset.yaml": "kind: DaemonSet",
		"job.yaml": "kind: Job", "cronjob.yaml": "{kind: CronJob, schedule: '@daily'}"}
	opened, err := subchart.Open(templates.Files, nil)
	if err != nil {
		t.Fatal(err)
	}
	for kind, text := range kinds {
		dir := project(t, map[string]string{"factory.yaml": "version: 1\n", "services/web/service.yaml": text + "\n"})
		want := rendered(t, synced(t, dir), map[string]any{})
		renderer := subchart.NewRenderer(opened)
		for _, name := range append(all, tests...) {
			if _, other := kinds[name]; other && name != kind {
				continue
			}
			f, err := renderer.Template(name, "templates/"+name, "web", nil)
			if err != nil {
				t.Fatal(err)
			}
			full := filepath.Join(dir, umbrella.Dir, "charts/web", f.Name)
			if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(full, f.Data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		c, err := loader.LoadDir(filepath.Join(dir, umbrella.Dir))
		if err != nil {
			t.Fatal(err)
		}
		same(t, kind, rendered(t, c, map[string]any{}), want)
	}
}
