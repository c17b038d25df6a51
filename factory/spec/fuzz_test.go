package spec_test

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/helm-chart-factory/factory/factory/spec"
)

// FuzzFiles holds that whatever stands in factory.yaml, in a service.yaml and in a service.prod.yaml, loading ends soon, with a project
// or with problems that have places, the same ones each time, and that it writes nothing.
func FuzzFiles(f *testing.F) {
	for _, seed := range [][3]string{
		{"version: 1\n", "port: 8080\n", ""},
		{"version: 1\nname: shop\ndefaults: {replicas: 2, env: {A: b}, resources: {limits: {memory: 1Gi}}}\n", "port: 80\nenv: {A: c, B: d}\n", "replicas: 3\nenv: {A: null}\n"},
		{"version: 1\nenvironments: {prod: {namespace: p, domain: example.com, defaults: {replicas: 3}, services: {web: {port: 81}}}, test: {}}\n", "ports: {http: 80}\nenvironments: {test: {replicas: 0}}\ningress: true\n", "ingress: {tls: true}\n"},
		{"version: 1\nlint: {waive: {x: y}}\ngateway: {parents: [a]}\n", "kind: StatefulSet\nport: 1\nvolumes: {d: {path: /d, size: 1Gi}}\nneeds: [db]\nenv: {H: '${db.host}:${db.port}', S: {service: db, key: password}}\n", "volumes: {d: {size: 2Gi}}\n"},
		{"version: 1\n", "kind: CronJob\nschedule: '*/5 * * * *'\njob: {retries: 1}\n", "schedule: '@daily'\n"},
		{"version: 1\ndefaults: {network: {from: [{namespace: a}]}}\n", "port: 1\nautoscale: {max: 3}\nbudget: {minAvailable: 1}\nsidecars: {a: {image: x}}\n", "sidecars: {a: null}\nautoscale: null\n"},
	} {
		f.Add([]byte(seed[0]), []byte(seed[1]), []byte(seed[2]))
	}
	dir := f.TempDir()
	for _, name := range []string{"web", "db"} {
		if err := os.MkdirAll(filepath.Join(dir, "services", name), 0o755); err != nil {
			f.Fatal(err)
		}
	}
	write := func(t testing.TB, name string, text []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(f, "services/db/service.yaml", []byte("port: 5432\nimage: x\nsecrets: {password: {generate: 24}}\n"))
	f.Fuzz(func(t *testing.T, project, service, override []byte) {
		write(t, "factory.yaml", project)
		write(t, "services/web/service.yaml", service)
		write(t, "services/web/service.prod.yaml", override)
		start := time.Now()
		p, err := spec.Load(dir)
		if took := time.Since(start); took > 10*time.Second {
			t.Fatalf("took %v", took)
		}
		if (p == nil) == (err == nil) {
			t.Fatalf("neither a project nor an error, or both: %v", err)
		}
		again, errAgain := spec.Load(dir)
		if err != nil {
			if errAgain == nil || err.Error() != errAgain.Error() {
				t.Fatalf("another error: %v, then %v", err, errAgain)
			}
			if problems, ok := err.(spec.Problems); ok {
				for _, problem := range problems {
					if problem.File == "" || problem.Text == "" {
						t.Fatalf("a problem without a place or a cause: %+v", problem)
					}
				}
			}
		} else if !reflect.DeepEqual(p.Services, again.Services) {
			t.Fatal("another project")
		} else {
			for _, e := range p.Environments {
				if in, err := p.Env(e.Environment); err != nil || len(in.Services) != len(p.Services) {
					t.Fatalf("environment %s: %v", e.Environment, err)
				}
			}
		}
		if entries, _ := os.ReadDir(filepath.Join(dir, "services", "web")); len(entries) != 2 {
			t.Fatalf("something was written: %v", entries)
		}
	})
}
