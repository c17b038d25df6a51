//go:build e2e

package image_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/helm-chart-factory/factory/factory/console"
	"github.com/helm-chart-factory/factory/factory/image"
	"github.com/helm-chart-factory/factory/factory/image/bases"
	"github.com/helm-chart-factory/factory/factory/registry/server"
	registrydata "github.com/helm-chart-factory/factory/registry"
)

// TestMain is also the program that runs inside the images: the test binary is static, so an image of it needs no base.
func TestMain(m *testing.M) {
	if len(os.Args) < 2 || !strings.HasPrefix(os.Args[1], "inside=") {
		os.Exit(m.Run())
	}
	switch strings.TrimPrefix(os.Args[1], "inside=") {
	case "sleep":
		time.Sleep(5 * time.Minute)
	case "fail":
		for i := range 30 {
			fmt.Println("line", i)
		}
		os.Exit(3)
	case "npmrc":
		content, err := os.ReadFile("/root/.npmrc")
		if err == nil {
			err = os.WriteFile("/seen", []byte(strconv.Itoa(len(content))), 0o644)
		}
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
	}
	os.Exit(0)
}

// machine is a project of one service with an engine storage, a registry and caches of its own.
type machine struct {
	options  image.Options
	dir      string
	progress bytes.Buffer
}

func newMachine(t *testing.T, dockerfile string) *machine {
	t.Helper()
	return newMachineWith(t, dockerfile, t.TempDir())
}

// newMachineWith keeps the registry's images in a folder.
func newMachineWith(t *testing.T, dockerfile, images string) *machine {
	t.Helper()
	handler, stop, err := server.Handler(context.Background(), registrydata.Config, images, "test", io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(handler)
	t.Cleanup(func() {
		web.Close()
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
	_, port, _ := strings.Cut(web.Listener.Addr().String(), ":")

	storage := t.TempDir()
	conf := filepath.Join(storage, "storage.conf")
	text := fmt.Sprintf("[storage]\ndriver = \"overlay\"\ngraphroot = %q\nrunroot = %q\n", filepath.Join(storage, "graph"), filepath.Join(storage, "run"))
	if err := os.WriteFile(conf, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("CONTAINERS_STORAGE_CONF", conf)

	m := &machine{dir: t.TempDir()}
	m.put(t, "Dockerfile", dockerfile)
	program, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	m.put(t, "program", string(program))
	m.options = image.Options{
		Services: []image.Service{{Name: "web", Context: m.dir, Dockerfile: filepath.Join(m.dir, "Dockerfile"), Ref: "localhost:" + port + "/web:latest"}},
		Engine:   "buildah",
		Cache:    t.TempDir(),
		Bases:    t.TempDir(),
		Hub:      func(context.Context) bool { return false },
	}
	return m
}

func (m *machine) put(t *testing.T, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(m.dir, name), []byte(content), 0o755); err != nil {
		t.Fatal(err)
	}
}

func (m *machine) build(ctx context.Context) (image.Built, error) {
	m.progress.Reset()
	built, err := image.Build(ctx, m.options, &console.Streams{Out: io.Discard, Err: &m.progress})
	if err != nil {
		return image.Built{}, err
	}
	return built[0], nil
}

func (m *machine) mustBuild(t *testing.T) image.Built {
	t.Helper()
	built, err := m.build(t.Context())
	if err != nil {
		t.Fatalf("%v\n%s", err, m.progress.String())
	}
	return built
}

func TestBuildOnlyWhatChanged(t *testing.T) {
	m := newMachine(t, "FROM scratch\nCOPY data /data\n")
	m.put(t, "data", "one")
	m.put(t, ".dockerignore", "notes\n")
	first := m.mustBuild(t)
	if !first.Built {
		t.Fatalf("%+v: want a build", first)
	}
	m.put(t, "notes", "ignored")
	if again := m.mustBuild(t); again.Built || again.Digest != first.Digest {
		t.Errorf("%+v: want what %s was", again, first.Digest)
	}
	m.put(t, "data", "two")
	changed := m.mustBuild(t)
	if !changed.Built || changed.Digest == first.Digest {
		t.Errorf("%+v: want another image than %s", changed, first.Digest)
	}
	m.put(t, "data", "one")
	if back := m.mustBuild(t); !back.Built || back.Digest != first.Digest {
		t.Errorf("%+v: want the same bytes as at first, %s", back, first.Digest)
	}
	tag, err := name.NewTag(first.Image)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Delete(tag); err != nil {
		t.Fatal(err)
	}
	if lost := m.mustBuild(t); !lost.Built || lost.Digest != first.Digest {
		t.Errorf("%+v: want what the registry lost built again as %s", lost, first.Digest)
	}
}

func TestAnotherMachineBuildsTheSameDigest(t *testing.T) {
	const dockerfile = "FROM scratch AS b\nCOPY program /program\nRUN [\"/program\", \"inside=nothing\"]\nFROM scratch\nCOPY --from=b /program /\nUSER 1000\nHEALTHCHECK CMD [\"/program\"]\n"
	digests := map[string]bool{}
	for range 2 {
		digests[newMachine(t, dockerfile).mustBuild(t).Digest] = true
	}
	if len(digests) != 1 {
		t.Errorf("digests %v, want one", digests)
	}
}

func TestAFailedBuildShowsTheEndOfItsLog(t *testing.T) {
	m := newMachine(t, "FROM scratch\nCOPY program /program\nRUN [\"/program\", \"inside=fail\"]\n")
	_, err := m.build(t.Context())
	if err == nil || !strings.Contains(err.Error(), "\n  line 29\n") || strings.Contains(err.Error(), "line 5\n") ||
		!strings.Contains(err.Error(), "log: "+filepath.Join(m.options.Cache, "logs", "web.log")) {
		t.Errorf("error %v", err)
	}
	assertNoContainers(t)
	if _, err := image.Digest(t.Context(), m.options.Services[0].Ref); err == nil {
		t.Error("a failed build left a tag in the registry")
	}
}

// An interrupt comes at every stage of a build: while a container is made, as soon as its process runs, and later.
func TestAnInterruptLeavesNoProcessAndNoTag(t *testing.T) {
	for name, interruptWhen := range map[string]struct {
		argument string // of the process that is waited for; this run's own, so that no other's is taken for it
		then     time.Duration
	}{
		"while a container starts": {"create", 0},
		"when its process starts":  {"/program", 0},
		"when its process runs":    {"/program", time.Second},
	} {
		t.Run(name, func(t *testing.T) { interruptLeavesNothing(t, interruptWhen.argument, interruptWhen.then) })
	}
}

func interruptLeavesNothing(t *testing.T, stage string, then time.Duration) {
	mark := rand.Text()
	m := newMachine(t, fmt.Sprintf("FROM scratch\nCOPY program /program\nRUN [\"/program\", \"inside=sleep\", %q]\n", mark))
	storage := filepath.Dir(os.Getenv("CONTAINERS_STORAGE_CONF"))
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	go func() {
		for !processRuns("/program", mark) && !(stage == "create" && processRuns("runc", "create", storage)) && ctx.Err() == nil {
			time.Sleep(time.Millisecond)
		}
		time.Sleep(then)
		interrupt()
	}()
	if _, err := m.build(ctx); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v, want the interrupt\n%s", err, m.progress.String())
	}
	for limit := time.Now().Add(5 * time.Second); processRuns("/program", mark); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatal("the build's process outlives the interrupt")
		}
	}
	assertNoContainers(t)
	if _, err := image.Digest(t.Context(), m.options.Services[0].Ref); err == nil {
		t.Error("an interrupted build left a tag in the registry")
	}
}

func assertNoContainers(t *testing.T) {
	t.Helper()
	out, err := exec.Command("buildah", "containers", "--quiet", "--all").CombinedOutput()
	if err != nil || len(bytes.TrimSpace(out)) > 0 {
		t.Errorf("containers are left (%v):\n%s", err, out)
	}
}

// processRuns tells whether a process of that program runs that has all of these in its command line.
func processRuns(program string, arguments ...string) bool {
	lines, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, path := range lines {
		line, err := os.ReadFile(path)
		if err != nil || !bytes.HasPrefix(line, []byte(program+"\x00")) && !bytes.Contains(line, []byte("/"+program+"\x00")) {
			continue
		}
		missing := func(argument string) bool { return !bytes.Contains(line, []byte(argument)) }
		if !slices.ContainsFunc(arguments, missing) {
			return true
		}
	}
	return false
}

// The build sees the login of this machine's npm; no layer of any image does, the builder's own included.
func TestALoginReachesTheBuildAndNoImage(t *testing.T) {
	token := "npm_" + rand.Text() // not a constant: this program is in the image
	m := newMachine(t, "FROM localhost/node:20 AS build\nRUN [\"/program\", \"inside=npmrc\"]\nFROM scratch\nCOPY --from=build /seen /seen\n")
	home := t.TempDir()
	t.Setenv("HOME", home)
	if err := os.WriteFile(filepath.Join(home, ".npmrc"), []byte("//r.example/:_authToken="+token+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	base := t.TempDir()
	program, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	for file, content := range map[string][]byte{"program": program, "Dockerfile": []byte("FROM scratch\nCOPY program /program\n")} {
		if err := os.WriteFile(filepath.Join(base, file), content, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	buildah(t, "build", "--quiet", "--tag", "localhost/node:20", base)
	built := m.mustBuild(t)
	ref, err := name.ParseReference(built.Image)
	if err != nil {
		t.Fatal(err)
	}
	pushed, err := remote.Image(ref)
	if err != nil {
		t.Fatal(err)
	}
	layers, err := pushed.Layers()
	if err != nil {
		t.Fatal(err)
	}
	content, err := layers[len(layers)-1].Uncompressed()
	if err != nil {
		t.Fatal(err)
	}
	defer content.Close()
	layer, err := io.ReadAll(content)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(layer, []byte("seen")) || bytes.Contains(layer, []byte("npmrc")) {
		t.Error("the build did not read .npmrc, or left it in the image")
	}
	assertNowhere(t, filepath.Dir(os.Getenv("CONTAINERS_STORAGE_CONF")), token)
	assertNowhere(t, m.options.Cache, token)
}

func assertNowhere(t *testing.T, dir, secret string) {
	t.Helper()
	// grep reads gigabytes faster than a walk in Go; it ends with 1 where it finds nothing.
	out, err := exec.Command("grep", "-rlF", "--devices=skip", secret, dir).Output()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("%s: %v: the secret is in\n%s", dir, err, out)
	}
}

func buildah(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.Command("buildah", args...).CombinedOutput(); err != nil {
		t.Fatalf("buildah %s: %v\n%s", args[0], err, out)
	}
}

func TestAStandInServesTheUnchangedDockerfile(t *testing.T) {
	m := newMachine(t, "FROM nginx:1.27-alpine\nRUN nginx -v 2>&1 | grep -q nginx/ && id -u nginx | grep -qx 101\nCOPY data /data\n")
	m.put(t, "data", "1")
	found, err := image.Bases(t.Context(), m.options, &console.Streams{Out: io.Discard, Err: &m.progress})
	if err != nil {
		t.Fatalf("%v\n%s", err, m.progress.String())
	}
	if len(found) != 1 || found[0].Origin != bases.FromStandIn || !found[0].Made {
		t.Fatalf("%+v: want a new stand-in", found)
	}
	m.mustBuild(t)
	again, err := image.Bases(t.Context(), m.options, &console.Streams{Out: io.Discard, Err: &m.progress})
	if err != nil || again[0].Made {
		t.Errorf("%+v, %v: want the stand-in that is there", again, err)
	}
}

func TestAnUnknownBaseIsNamedWithItsLine(t *testing.T) {
	m := newMachine(t, "\nFROM cobol:1959\n")
	_, err := m.build(t.Context())
	want := filepath.Join(m.dir, "Dockerfile") + ":2: cobol:1959 cannot be pulled (Docker Hub does not answer), and there is no stand-in for it"
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want %s", err, want)
	}
}
