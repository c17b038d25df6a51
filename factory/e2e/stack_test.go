//go:build e2e

// Package e2e runs the whole product the way a newcomer does, on a real one-node Kubernetes of its own: own state, own
// cluster instance, own registry port, so that a stack that runs on this machine already is left alone.
package e2e

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const (
	instance     = "e2e"
	registryPort = "5055"
	host         = "frontend.local"
)

// stack is a checkout of the project with a cluster and a registry of its own.
type stack struct {
	dir        string // the copy of the project
	home       string // $FACTORY_HOME
	instance   string // the cluster's name
	factory    string // the program under test
	cluster    string // factory-cluster
	registry   string // where its images are: host:port
	kubeconfig string
	env        []string
}

func newStack(t *testing.T) *stack {
	t.Helper()
	root := t.TempDir()
	s := &stack{
		dir:      filepath.Join(root, "project"),
		home:     filepath.Join(root, "home"),
		instance: instance,
		factory:  filepath.Join(root, "project", "bin", "factory"),
		registry: "localhost:" + registryPort,
	}
	s.kubeconfig = filepath.Join(s.home, "cluster", instance, "kubeconfig.yaml")
	s.env = append(os.Environ(), "FACTORY_HOME="+s.home, "FACTORY_INSTANCE="+instance,
		"FACTORY_REGISTRIES="+s.registries(), "KUBECONFIG="+s.kubeconfig, "CI=true")
	s.cluster = filepath.Join(cacheDir(t), "bin", "factory-cluster")
	copyProject(t, s.dir)
	edit(t, filepath.Join(s.dir, "factory.yaml"), "localhost:5000", "localhost:"+registryPort)
	build := exec.Command("go", "build", "-ldflags", "-s -w", "-o", s.factory, "./factory")
	build.Dir = s.dir
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building factory: %v\n%s", err, out)
	}
	return s
}

// registries is the registries.yaml that this stack's node honours.
func (s *stack) registries() string { return filepath.Join(s.home, "registries.yaml") }

func cacheDir(t *testing.T) string {
	t.Helper()
	if dir := os.Getenv("FACTORY_CACHE"); dir != "" {
		return dir
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "factory")
}

// copyProject copies what git tracks, as it is in the work tree, to dir.
func copyProject(t *testing.T, dir string) {
	t.Helper()
	top, err := exec.Command("git", "rev-parse", "--show-toplevel").Output()
	if err != nil {
		t.Fatalf("this test runs in a git checkout: %v", err)
	}
	root := strings.TrimSpace(string(top))
	list := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	list.Dir = root
	files, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	for name := range strings.SplitSeq(strings.Trim(string(files), "\x00"), "\x00") {
		from, to := filepath.Join(root, name), filepath.Join(dir, name)
		info, err := os.Lstat(from)
		if err != nil {
			continue // deleted in the work tree
		}
		content, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, content, info.Mode().Perm()); err != nil {
			t.Fatal(err)
		}
	}
}

func edit(t *testing.T, file, old, new string) {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(content), old) {
		t.Fatalf("%s does not contain %q", file, old)
	}
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(string(content), old, new)), 0o644); err != nil {
		t.Fatal(err)
	}
}

// run runs a program in the project and returns what it wrote to stdout; its failure ends the test.
func (s *stack) run(t *testing.T, program string, args ...string) string {
	t.Helper()
	out, said, err := s.try(program, args...)
	if err != nil {
		t.Fatalf("%s %s: %v\n%s%s", filepath.Base(program), strings.Join(args, " "), err, out, said)
	}
	return out
}

// try runs a program in the project, for at most twenty minutes.
func (s *stack) try(program string, args ...string) (out, said string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, program, args...)
	command.Dir, command.Env = s.dir, s.env
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	err = command.Run()
	return stdout.String(), stderr.String(), err
}

func (s *stack) kubectl(t *testing.T, args ...string) string {
	t.Helper()
	return strings.TrimSpace(s.run(t, s.cluster, append([]string{"kubectl", "--kubeconfig", s.kubeconfig}, args...)...))
}

// psql runs one query in the database's pod.
func (s *stack) psql(t *testing.T, query string) string {
	t.Helper()
	return s.kubectl(t, "exec", "-n", "platform", "database-0", "--",
		"sh", "-c", `PGPASSWORD="$POSTGRES_PASSWORD" psql -h 127.0.0.1 -U postgres -d k8s_metrics -Atc "$1"`, "psql", query)
}

// podUIDs returns the uids of the running pods of each service.
func (s *stack) podUIDs(t *testing.T) map[string]string {
	t.Helper()
	uids := map[string]string{}
	for _, service := range []string{"backend", "database", "frontend"} {
		uids[service] = s.kubectl(t, "get", "pods", "-n", "platform", "-l", "app.kubernetes.io/name="+service,
			"--sort-by=.metadata.uid", "-o", "jsonpath={.items[?(@.status.phase==\"Running\")].metadata.uid}")
	}
	return uids
}

func (s *stack) revision(t *testing.T) string {
	t.Helper()
	return s.kubectl(t, "get", "secrets", "-n", "platform", "-l", "owner=helm,name=platform,status=deployed",
		"-o", "jsonpath={.items[0].metadata.labels.version}")
}

// eventually polls until check returns nil; the last error ends the test.
func eventually(t *testing.T, within time.Duration, check func() error) {
	t.Helper()
	deadline := time.Now().Add(within)
	for {
		err := check()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("not true after %s: %v", within, err)
		}
		time.Sleep(500 * time.Millisecond)
	}
}

func expect(what, got, want string) error {
	if got != want {
		return fmt.Errorf("%s = %q, want %q", what, got, want)
	}
	return nil
}
