package doctor_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	ggcr "github.com/google/go-containerregistry/pkg/registry"

	"github.com/helm-chart-factory/factory/factory/doctor"
	"github.com/helm-chart-factory/factory/factory/image"
	"github.com/helm-chart-factory/factory/factory/kube"
	"github.com/helm-chart-factory/factory/factory/registry"
	"github.com/helm-chart-factory/factory/factory/registry/k3s"
	"github.com/helm-chart-factory/factory/factory/spec"
	registrydata "github.com/helm-chart-factory/factory/registry"
)

// load writes a project and reads it.
func load(t *testing.T, files map[string]string) *spec.Project {
	t.Helper()
	dir := t.TempDir()
	for path, text := range files {
		write(t, filepath.Join(dir, path), text)
	}
	project, err := spec.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	return project
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// result runs checks and returns the result of the last.
func result(t *testing.T, o doctor.Options, ids ...string) doctor.Result {
	t.Helper()
	results := doctor.ExamineOnly(t.Context(), o, ids...)
	if len(results) != len(ids) {
		t.Fatalf("%d results for %q", len(results), ids)
	}
	return results[len(results)-1]
}

// wantFailed wants a check to fail with these parts in the problems' saw, why and fix.
func wantFailed(t *testing.T, got doctor.Result, parts ...string) {
	t.Helper()
	if got.Outcome != doctor.Failed {
		t.Errorf("%s %s: %s, want it failed", got.ID, got.Outcome, got.Detail)
	}
	text := ""
	for _, problem := range got.Problems {
		if problem.Saw == "" || problem.Why == "" || problem.Fix == "" {
			t.Errorf("%s leaves something out: %+v", got.ID, problem)
		}
		text += fmt.Sprintf("saw %s\nwhy %s\nfix %s\n", problem.Saw, problem.Why, problem.Fix)
	}
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%s says\n%sand not %q", got.ID, text, part)
		}
	}
}

func wantPassed(t *testing.T, got doctor.Result, detail string) {
	t.Helper()
	if got.Outcome != doctor.Passed || !strings.Contains(got.Detail, detail) {
		t.Errorf("%s %s: %s %+v, want it passed with %q", got.ID, got.Outcome, got.Detail, got.Problems, detail)
	}
}

func wantNotHere(t *testing.T, got doctor.Result, detail string) {
	t.Helper()
	if got.Outcome != doctor.NotHere || got.Detail != detail {
		t.Errorf("%s %s: %s, want it not here: %s", got.ID, got.Outcome, got.Detail, detail)
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

// building is a project of one service that is built for a registry.
func building(t *testing.T, address string) *spec.Project {
	t.Helper()
	return load(t, map[string]string{
		"factory.yaml":              "version: 1\nname: shop\nregistry: " + address + "\n",
		"services/web/service.yaml": "port: 8080\n",
		"services/web/Dockerfile":   "FROM scratch\n",
	})
}

func TestDisk(t *testing.T) {
	project := building(t, "localhost:5000")
	o := doctor.Options{Project: project, Folders: []string{project.Dir, filepath.Join(project.Dir, "not", "yet")}}
	wantPassed(t, result(t, o, "disk"), "free for "+project.Dir)
	write(t, filepath.Join(project.Dir, "file"), "")
	o.Folders = []string{filepath.Join(project.Dir, "file", "below")}
	wantFailed(t, result(t, o, "disk"), "not a directory", "make "+o.Folders[0]+" a folder")
	if _, err := os.Stat("/proc/self"); err == nil {
		o.Folders = []string{"/proc/self"} // a file system without any room
		wantFailed(t, result(t, o, "disk"), "/proc/self has 0 MiB free", "free at least 512 MiB")
	}
}

func TestRegistryAndImages(t *testing.T) {
	server := httptest.NewServer(ggcr.New(ggcr.Logger(log.New(io.Discard, "", 0))))
	defer server.Close()
	address := server.Listener.Addr().String()
	o := doctor.Options{Project: building(t, address)}
	wantPassed(t, result(t, o, "registry"), address+" answers")
	wantFailed(t, result(t, o, "registry", "images"), "not in the registry: "+address+"/web:latest", "pulls them from there", "factory build web")
	if err := image.PushProbe(t.Context(), address+"/web:latest", "amd64"); err != nil {
		t.Fatal(err)
	}
	wantPassed(t, result(t, o, "registry", "images"), "1 image there")

	server.Close()
	silent := result(t, o, "registry")
	wantFailed(t, silent, address+" does not answer: nothing listens there", "nodes pull them from there", "factory setup-registry")
	if !silent.Problems[0].Safe {
		t.Error("starting the registry is safe")
	}
	after := doctor.ExamineOnly(t.Context(), o, "registry", "images")[1]
	if after.Outcome != doctor.NotChecked || after.Detail != "the registry "+address+" does not answer" {
		t.Errorf("images: %s: %s", after.Outcome, after.Detail)
	}
}

func TestAnotherProgramOnTheRegistrysPort(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	got := result(t, doctor.Options{Project: building(t, server.Listener.Addr().String())}, "registry")
	wantFailed(t, got, "is taken by pid "+strconv.Itoa(os.Getpid()), "and it is no registry", "stop it, or name another port")
	if got.Problems[0].Safe {
		t.Error("nobody's program is stopped for them")
	}
}

// TestFixStartsTheRegistry has Cure start a real registry, once, and check again.
func TestFixStartsTheRegistry(t *testing.T) {
	port := freePort(t)
	dir := registry.Dir(t.TempDir(), port)
	var said []string
	o := doctor.Options{
		Project: building(t, "localhost:"+strconv.Itoa(port)),
		Connect: func(context.Context) (*kube.Cluster, error) { return nil, errors.New("no cluster\nnext: start one") },
		Registry: registry.Options{
			Port: port, Dir: dir, Config: registrydata.Config, Runtime: registry.Embedded,
			Serve: []string{os.Args[0], "serve-for-test", strconv.Itoa(port), dir},
		},
		Say: func(format string, args ...any) { said = append(said, fmt.Sprintf(format, args...)) },
	}
	t.Cleanup(func() {
		if _, err := registry.Stop(context.Background(), o.Registry, true); err != nil {
			t.Error(err)
		}
	})
	report := doctor.Cure(t.Context(), o)
	if len(report.Fixes) != 1 || report.Fixes[0].Did != "the registry runs at localhost:"+strconv.Itoa(port) {
		t.Errorf("fixes %+v", report.Fixes)
	}
	if len(said) != 1 || said[0] != "registry: factory setup-registry" {
		t.Errorf("said %q", said)
	}
	if report.Healthy || report.Curable() {
		t.Errorf("healthy %v, curable %v: the images and the cluster are missing, and nothing is done about those", report.Healthy, report.Curable())
	}
	for _, check := range report.Checks {
		switch check.ID {
		case "registry":
			wantPassed(t, check, "answers")
		case "api-server":
			wantFailed(t, check, "saw no cluster", "fix start one")
		case "nodes", "release":
			if check.Outcome != doctor.NotChecked || check.Detail != "the API server does not answer" {
				t.Errorf("%s %s: %s", check.ID, check.Outcome, check.Detail)
			}
		}
	}
}

// k3sHost is a machine with a k3s that began at a time.
func k3sHost(t *testing.T, started time.Time) k3s.Host {
	t.Helper()
	root := t.TempDir()
	write(t, filepath.Join(root, "etc/systemd/system/k3s.service"), "")
	boot := started.Add(-time.Minute).Unix()
	write(t, filepath.Join(root, "proc/stat"), fmt.Sprintf("cpu 1 2\nbtime %d\nprocesses 7\n", boot))
	ticks := started.Sub(time.Unix(boot, 0)).Milliseconds() / 10
	write(t, filepath.Join(root, "proc/77/stat"), fmt.Sprintf("77 (k3s server) S 1 77 77 0 -1 4194560 1 1 1 1 1 1 1 1 20 0 1 0 %d 1 1\n", ticks))
	return k3s.Host{Root: root, Run: func(_ context.Context, program string, args ...string) (string, error) {
		switch line := program + " " + strings.Join(args, " "); line {
		case "systemctl show --property MainPID --value k3s":
			return "77", nil
		case "systemctl is-active --quiet k3s", "systemctl restart k3s":
			return "", nil
		default:
			return "", errors.New("unknown: " + line)
		}
	}}
}

func TestK3s(t *testing.T) {
	project := building(t, "localhost:5000")
	o := doctor.Options{Project: project, K3s: k3s.Options{Host: k3s.Host{Root: t.TempDir()}, Now: time.Now}}
	wantNotHere(t, result(t, o, "k3s-registries"), "there is no k3s on this machine")
	wantNotHere(t, result(t, o, "k3s-registries", "k3s-restarted"), "there is no k3s on this machine")

	o.K3s.File = filepath.Join(t.TempDir(), "registries.yaml")
	o.K3s.Host = k3sHost(t, time.Now().Add(-time.Hour))
	o.K3s.Mirrors = []k3s.Mirror{{Name: "localhost:5000", Endpoints: []string{"http://localhost:5000"}}}
	absent := result(t, o, "k3s-registries")
	wantFailed(t, absent, `+  "localhost:5000":`, "for one that speaks HTTPS", "factory configure-k3s-registry")
	if !absent.Problems[0].Safe {
		t.Error("merging is safe")
	}
	write(t, o.K3s.File, "mirrors: [\n")
	wantFailed(t, result(t, o, "k3s-registries"), o.K3s.File+":", "nothing was changed", "correct the file")

	write(t, o.K3s.File, string(registrydata.K3sRegistries))
	wantPassed(t, result(t, o, "k3s-registries"), "names localhost:5000")
	wantFailed(t, result(t, o, "k3s-registries", "k3s-restarted"), "k3s runs since ", "what was written since does not hold yet", "sudo systemctl restart k3s")
	if err := os.Chtimes(o.K3s.File, time.Time{}, time.Now().Add(-2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	wantPassed(t, result(t, o, "k3s-registries", "k3s-restarted"), "k3s runs since ")

	o.Project = building(t, "registry.example.com")
	wantNotHere(t, result(t, o, "k3s-registries"), "the registry registry.example.com is not on this machine: k3s reaches it by its name")
}
