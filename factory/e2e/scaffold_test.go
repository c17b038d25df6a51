//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// scaffolds begins a project with a service of every template, releases it, and runs what its tests and its clock would. Images that
// the machine cannot pull are built from the same base as the stack's.
func scaffolds(t *testing.T, s *stack) {
	const name = "scaffolds"
	dir := filepath.Join(t.TempDir(), name)
	s.run(t, s.factory, "init", dir, "--empty")
	for service, template := range map[string]string{"orders": "api", "page": "web", "mail": "worker", "night": "cron", "db": "postgres"} {
		s.run(t, s.factory, "-C", dir, "new", service, "--template", template)
	}
	edit(t, filepath.Join(dir, "factory.yaml"), "# registry: localhost:5000 ", "registry: "+s.registry+" ")
	s.buildsImage(t, dir, "night", "image: busybox:1.37\n", "FROM postgres:15-alpine\n")
	s.buildsImage(t, dir, "db", "image: postgres:15-alpine\n",
		"FROM postgres:15-alpine\nCOPY entrypoint.sh /usr/local/bin/database-entrypoint\nUSER 70:70\nENTRYPOINT [\"database-entrypoint\"]\nCMD [\"postgres\"]\n")
	entrypoint, err := os.ReadFile(filepath.Join(s.dir, "services", "database", "entrypoint.sh"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "services", "db", "entrypoint.sh"), entrypoint, 0o755); err != nil {
		t.Fatal(err)
	}
	// One test is of the service's own image, with its secret; the other is a caller's, and let in because that service is. A new pod
	// is let in as soon as the node has heard of it, which is not at once.
	edit(t, filepath.Join(dir, "services", "db", "service.yaml"), "gracePeriod: ",
		"tests: {query: {command: [sh, -c, \"until psql -h ${db.host} -U postgres -d app -Atc 'select 6 * 7'; do sleep 1; done\"], env: {PGPASSWORD: {service: db, key: password}}}}\ngracePeriod: ")
	edit(t, filepath.Join(dir, "services", "orders", "service.yaml"), "env:\n",
		"needs: [db]\ntests: {reach: {image: "+s.registry+"/db:latest, command: [sh, -c, \"until pg_isready -h ${db.host} -U postgres; do sleep 1; done\"]}}\nenv:\n")

	s.run(t, s.factory, "-C", dir, "sync")
	s.run(t, s.factory, "-C", dir, "build")
	defer func() {
		s.run(t, s.factory, "-C", dir, "destroy", "--volumes", "--yes")
		s.kubectl(t, "delete", "namespace", name, "--ignore-not-found", "--wait=false")
		eventually(t, 60*time.Second, func() error {
			return expect("volumes", s.kubectl(t, "get", "pv", "-o", `jsonpath={.items[?(@.spec.claimRef.namespace=="`+name+`")].metadata.name}`), "")
		})
	}()
	s.run(t, s.factory, "-C", dir, "deploy")
	for workload, ready := range map[string]string{"deployment/orders": "2", "deployment/page": "2", "deployment/mail": "1", "statefulset/db": "1"} {
		if got := s.kubectl(t, "get", workload, "-n", name, "-o", "jsonpath={.status.readyReplicas}"); got != ready {
			t.Errorf("%s: %s ready, want %s", workload, got, ready)
		}
	}
	s.kubectl(t, "create", "job", "once", "--from=cronjob/night", "-n", name)
	helm := filepath.Join(cacheDir(t), "bin", "helm")
	out := s.run(t, helm, "test", name, "-n", name, "--filter", "name=db-test-query,name=orders-test-reach", "--logs", "--timeout", "60s")
	if !strings.Contains(out, "\n42\n") || !strings.Contains(out, "accepting connections") {
		t.Errorf("the tests said\n%s", out)
	}
	s.kubectl(t, "wait", "--for=condition=complete", "job/once", "-n", name, "--timeout=30s")
	if said := s.kubectl(t, "logs", "job/once", "-n", name); !strings.Contains(said, "put the work here") {
		t.Errorf("the job said %q", said)
	}
	if said := s.kubectl(t, "logs", "deployment/mail", "-n", name); !strings.Contains(said, "working") {
		t.Errorf("the worker said %q", said)
	}
}

// buildsImage takes the ready image out of a service's spec, so that the given Dockerfile beside it is built.
func (s *stack) buildsImage(t *testing.T, dir, service, image, dockerfile string) {
	t.Helper()
	folder := filepath.Join(dir, "services", service)
	edit(t, filepath.Join(folder, "service.yaml"), image, "")
	if err := os.WriteFile(filepath.Join(folder, "Dockerfile"), []byte(dockerfile), 0o644); err != nil {
		t.Fatal(err)
	}
}
