package spec_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/helm-chart-factory/factory/factory/spec"
)

// loadArchive loads a project that is written as one text.
func loadArchive(t *testing.T, text string) *spec.Project {
	t.Helper()
	p, err := spec.Load(project(t, txtar.Parse([]byte(text)).Files))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func environment(t *testing.T, p *spec.Project, name string) *spec.Project {
	t.Helper()
	e, err := p.Env(name)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

const layered = `
-- factory.yaml --
version: 1
domain: dev.example.com
issuer: {name: dev-ca, type: ca}
defaults:
  replicas: 2
  resources: {limits: {cpu: 100m, memory: 100Mi}}
environments:
  prod:
    namespace: shop-prod
    domain: example.com
    registry: registry.example.com/shop
    issuer: {type: null}
    defaults:
      replicas: 3
      gracePeriod: 1m
      resources: {limits: {cpu: 300m}}
      metrics: null
    services:
      web:
        replicas: 4
        resources: {limits: {cpu: 400m}}
        env: {LEVEL: warn, ONLY_DEV: null}
  test: {}
-- services/web/service.yaml --
port: 8080
replicas: 1
needs: [db]
metrics: /metrics
health:
  ready: {http: {path: /ready}, period: 5s}
  live: /live
command: [serve, --fast]
env:
  LEVEL: debug
  ONLY_DEV: x
  PASSWORD: {service: db, key: password}
  NAMESPACE: ${project.namespace}
ingress: {tls: true}
resources: {requests: {cpu: 10m}}
environments:
  prod:
    replicas: 5
    health:
      ready: {tcp: http}
      live: {http: {path: /live}, timeout: 3s}
    command: [serve]
    env:
      PASSWORD: {secret: rds}
      ADDED: x
    ingress: {hosts: [www.example.com, example.com], tls: false}
-- services/db/service.yaml --
image: postgres:15
port: 5432
secrets: {password: {generate: 24}}
volumes: {data: {path: /data, size: 1Gi}}
kind: StatefulSet
-- services/db/service.prod.yaml --
resources: {limits: {memory: 8Gi}}
volumes: {data: {size: 100Gi}, tmp: /tmp}
`

// TestLayers holds who wins where several layers say something of one key.
func TestLayers(t *testing.T) {
	base := loadArchive(t, layered)
	prod, test := environment(t, base, "prod"), environment(t, base, "test")
	for _, p := range []*spec.Project{base, test} {
		web, db := p.Service("web"), p.Service("db")
		if p.Namespace != "platform" || p.Registry != "localhost:5000" || p.Issuer != (spec.Issuer{Name: "dev-ca", Type: "ca"}) {
			t.Errorf("%q: the project is %+v", p.Environment, p)
		}
		if web.Replicas != 1 || db.Replicas != 2 || web.Metrics == nil || web.Ingress.Hosts[0] != "web.dev.example.com" {
			t.Errorf("%q: web is %+v", p.Environment, web)
		}
		if got := fmt.Sprint(web.Resources, web.GracePeriod.Seconds()); got != "{ map[cpu:10m memory:64Mi] map[cpu:100m memory:100Mi]} 30" {
			t.Errorf("%q: web has %s", p.Environment, got)
		}
		if db.Volumes["data"].Size != "1Gi" || len(db.Volumes) != 1 {
			t.Errorf("%q: volumes are %+v", p.Environment, db.Volumes)
		}
	}
	web, db := prod.Service("web"), prod.Service("db")
	if prod.Namespace != "shop-prod" || web.Image != "registry.example.com/shop/web:latest" || prod.Issuer != (spec.Issuer{Name: "dev-ca", Type: "selfSigned"}) {
		t.Errorf("prod is %+v", prod)
	}
	if web.Replicas != 5 || db.Replicas != 3 || web.Metrics != nil || db.GracePeriod.Seconds() != 60 {
		t.Errorf("prod has web %+v, db %+v", web, db)
	}
	if got := fmt.Sprint(web.Resources, db.Resources); got != "{ map[cpu:10m memory:64Mi] map[cpu:400m memory:100Mi]} { map[cpu:50m memory:64Mi] map[cpu:300m memory:8Gi]}" {
		t.Errorf("prod has the resources %s", got)
	}
	if ready := web.Health.Ready; ready.HTTP != nil || ready.TCP != "http" || ready.Period != spec.Duration(5e9) {
		t.Errorf("the chosen probe is %+v", ready)
	}
	if live := web.Health.Live; live.HTTP.Path != "/live" || live.Timeout != spec.Duration(3e9) {
		t.Errorf("the long form over a short one is %+v", live)
	}
	if !slices.Equal(web.Command, []string{"serve"}) || !slices.Equal(web.Ingress.Hosts, []string{"www.example.com", "example.com"}) || web.Ingress.TLS.On {
		t.Errorf("lists are %q and %q", web.Command, web.Ingress.Hosts)
	}
	var env []string
	for _, v := range web.Env {
		text := v.Value
		if v.Secret != nil {
			text = fmt.Sprint(*v.Secret)
		}
		env = append(env, v.Name+"="+text)
	}
	if got := strings.Join(env, " "); got != "LEVEL=warn PASSWORD={rds password  false} NAMESPACE=shop-prod ADDED=x" {
		t.Errorf("variables are %s", got)
	}
	if got := slices.Sorted(maps.Keys(db.Volumes)); db.Volumes["data"].Size != "100Gi" || db.Volumes["data"].Path != "/data" || !slices.Equal(got, []string{"data", "tmp"}) {
		t.Errorf("volumes are %+v", db.Volumes)
	}
}

// TestPositionsOfLayers holds that a key is found where it was said last.
func TestPositionsOfLayers(t *testing.T) {
	base := loadArchive(t, layered)
	for _, want := range []struct {
		environment, service, path, at string
		said                           bool
	}{
		{"", "web", "replicas", "services/web/service.yaml:2:1", true},
		{"", "db", "replicas", "factory.yaml:5:3", true},
		{"", "web", "resources limits cpu", "factory.yaml:6:24", true},
		{"", "web", "resources requests cpu", "services/web/service.yaml:15:24", true},
		{"prod", "web", "resources requests cpu", "services/web/service.yaml:15:24", true},
		{"prod", "web", "resources limits cpu", "factory.yaml:21:30", true},
		{"prod", "web", "resources limits memory", "factory.yaml:6:35", true},
		{"prod", "web", "env PASSWORD secret", "services/web/service.yaml:24:18", true},
		{"prod", "web", "env PASSWORD key", "services/web/service.yaml:12:27", true},
		{"prod", "web", "command 0", "services/web/service.yaml:22:15", true},
		{"prod", "db", "resources limits memory", "services/db/service.prod.yaml:1:22", true},
		{"prod", "db", "volumes data size", "services/db/service.prod.yaml:2:18", true},
		{"prod", "db", "volumes data path", "services/db/service.yaml:4:18", true},
		{"prod", "db", "gracePeriod", "factory.yaml:15:7", true},
		{"", "db", "gracePeriod", "services/db/service.yaml:1:1", false},
		{"", "db", "volumes data class", "services/db/service.yaml:4:11", false},
	} {
		s := environment(t, base, want.environment).Service(want.service)
		path := strings.Fields(want.path)
		if got := s.At(path...).String(); got != want.at || s.Says(path...) != want.said {
			t.Errorf("%s %s %s is at %s (%v), want %s", want.environment, want.service, want.path, got, s.Says(path...), want.at)
		}
	}
}

func TestUnknownEnvironment(t *testing.T) {
	p := loadArchive(t, layered)
	if _, err := p.Env("prd"); err == nil || err.Error() != `there is no environment "prd": did you mean "prod"?` {
		t.Error(err)
	}
	p = mustLoad(t, map[string]string{"web": "port: 80\n"})
	if _, err := p.Env("prod"); err == nil || err.Error() != `there is no environment "prod": factory.yaml declares none; add environments: {prod: {}} to it` {
		t.Error(err)
	}
}

// TestListsOfNamedItems holds that a list merges by the names of its items where each has one, and how one is taken out.
func TestListsOfNamedItems(t *testing.T) {
	for name, test := range map[string]struct{ below, above, want string }{
		"a list changes and adds":       {"[{name: a, namespace: x}, {name: b}]", "[{name: b, section: s}, {name: c}]", "a/x/ b//s c//"},
		"a mapping changes":             {"[{name: a, namespace: x}, {name: b}]", "{a: {namespace: y}}", "a/y/ b//"},
		"a mapping takes out and adds":  {"[{name: a, namespace: x}, {name: b}]", "{a: null, c: {namespace: z}}", "b// c/z/"},
		"a null in an item":             {"[{name: a, namespace: x, section: s}]", "[{name: a, namespace: null}]", "a//s"},
		"short items replace":           {"[{name: a, namespace: x}]", "[b, c]", "b// c//"},
		"items replace short ones":      {"[a, b]", "[{name: b, section: s}]", "b//s"},
		"two of one name are not names": {"[{name: a, section: s}, {name: a, section: t}]", "[{name: a}]", "a//"},
	} {
		p := loadArchive(t, `
-- factory.yaml --
version: 1
environments: {prod: {}}
-- services/web/service.yaml --
port: 8080
gateway: {parents: `+test.below+`}
-- services/web/service.prod.yaml --
gateway: {parents: `+test.above+`}
`)
		var got []string
		for _, parent := range environment(t, p, "prod").Service("web").Gateway.Parents {
			got = append(got, parent.Name+"/"+parent.Namespace+"/"+parent.Section)
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%s: got %s, want %s", name, strings.Join(got, " "), test.want)
		}
	}
}

// FuzzLayers lays anything over a project: it is read or refused, with a place, and the project by itself stays what it was.
func FuzzLayers(f *testing.F) {
	f.Add([]byte("replicas: 3\nenv: {A: null, C: {secret: x, key: y}}\nhealth: {ready: {tcp: http}}\n"), []byte("defaults: {replicas: 2}\nservices: {web: {metrics: null}}\ndomain: example.com\n"))
	f.Add([]byte("gateway: {parents: {a: null}}\nvolumes: {data: {size: 2Gi}, tmp: null}\n"), []byte("namespace: null\nissuer: {type: ca}\n"))
	f.Add([]byte("env: &a {A: *a, <<: {B: 1}}\n? [x]\n: y\n"), []byte("services: {web: {env: !!map {A: }}}\n"))
	dir := f.TempDir()
	write := func(name, text string) {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			f.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			f.Fatal(err)
		}
	}
	const base = "version: 1\ngateway: {parents: [{name: a}, {name: b}]}\ndefaults: {metrics: /metrics}\n"
	write("services/web/service.yaml", "port: 80\nneeds: [db]\nenv: {A: x, B: {service: db, key: p}}\ngateway: {parents: [{name: a, namespace: n}, {name: b}]}\nvolumes: {data: {path: /d, size: 1Gi}, tmp: /tmp}\nhealth: {ready: /ready}\n")
	write("services/db/service.yaml", "image: postgres\nport: 5432\nsecrets: {p: {generate: 24}}\n")
	write("factory.yaml", base)
	p, err := spec.Load(dir)
	if err != nil {
		f.Fatal(err)
	}
	dump := func(p *spec.Project) string {
		p.Service("web").Overrides = nil
		text, err := json.Marshal(p.Service("web"))
		if err != nil {
			f.Fatal(err)
		}
		return string(text)
	}
	before := dump(p)
	f.Fuzz(func(t *testing.T, override, environment []byte) {
		var block strings.Builder
		for line := range strings.Lines(string(environment)) {
			block.WriteString("    " + line)
		}
		write("factory.yaml", base+"environments:\n  prod:\n    test: {image: x}\n"+block.String())
		write("services/web/service.prod.yaml", string(override))
		p, err := spec.Load(dir)
		if (p == nil) == (err == nil) {
			t.Fatalf("neither a project nor an error, or both: %v", err)
		}
		if err != nil && !strings.Contains(err.Error(), ".yaml") {
			t.Fatalf("an error without a place: %v", err)
		}
		if err == nil && dump(p) != before {
			t.Fatalf("without the environment the service is\n%s\nwant\n%s", dump(p), before)
		}
	})
}
