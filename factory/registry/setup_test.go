package registry_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/helm-chart-factory/factory/factory/registry"
	"github.com/helm-chart-factory/factory/factory/registry/server"
	"github.com/helm-chart-factory/factory/factory/registry/state"
	registrydata "github.com/helm-chart-factory/factory/registry"
)

// TestMain serves a registry when Setup runs this test binary as its background program.
func TestMain(m *testing.M) {
	if len(os.Args) == 4 && os.Args[1] == "serve-for-test" {
		port, err := strconv.Atoi(os.Args[2])
		if err == nil {
			ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
			defer stop()
			err = server.Serve(ctx, server.Options{Port: port, Dir: os.Args[3], Config: registrydata.Config, Log: os.Stderr})
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
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

func options(t *testing.T, port int) registry.Options {
	t.Helper()
	return optionsIn(t, port, t.TempDir())
}

// optionsIn are those of a registry below home, which is stopped when the test ends.
func optionsIn(t *testing.T, port int, home string) registry.Options {
	t.Helper()
	dir := registry.Dir(home, port)
	o := registry.Options{
		Port:    port,
		Dir:     dir,
		Config:  registrydata.Config,
		Serve:   []string{os.Args[0], "serve-for-test", strconv.Itoa(port), dir},
		Runtime: registry.Embedded,
	}
	t.Cleanup(func() {
		if _, err := registry.Stop(context.Background(), o, true); err != nil {
			t.Errorf("stopping the registry: %v", err)
		}
	})
	return o
}

func setup(t *testing.T, o registry.Options) registry.Result {
	t.Helper()
	result, err := registry.Setup(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func push(t *testing.T, port int, repository string) (name.Reference, v1.Hash) {
	t.Helper()
	image, err := random.Image(64<<10, 2)
	if err != nil {
		t.Fatal(err)
	}
	ref, err := name.ParseReference(fmt.Sprintf("localhost:%d/%s:latest", port, repository))
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(ref, image); err != nil {
		t.Fatal(err)
	}
	digest, err := image.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return ref, digest
}

func assertServes(t *testing.T, ref name.Reference, want v1.Hash) {
	t.Helper()
	image, err := remote.Image(ref)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := image.Digest(); err != nil || got != want {
		t.Fatalf("digest of %s is %s (%v), want %s", ref, got, err, want)
	}
	layers, err := image.Layers()
	if err != nil {
		t.Fatal(err)
	}
	for _, layer := range layers {
		content, err := layer.Compressed()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, content); err != nil {
			t.Fatalf("reading a layer of %s: %v", ref, err)
		}
		content.Close()
	}
}

func TestSetupTwiceIsOneRegistry(t *testing.T) {
	o := options(t, freePort(t))
	first, second := setup(t, o), setup(t, o)
	if !first.Started || second.Started || first.PID != second.PID {
		t.Errorf("first %+v, second %+v: want the second to find the first", first, second)
	}
}

func TestSetupAtTheSameTimeIsOneRegistry(t *testing.T) {
	o := options(t, freePort(t))
	var started, failed sync.Map
	var all sync.WaitGroup
	for i := range 5 {
		all.Go(func() {
			result, err := registry.Setup(t.Context(), o)
			if err != nil {
				failed.Store(i, err)
			} else if result.Started {
				started.Store(i, result.PID)
			}
		})
	}
	all.Wait()
	count := 0
	started.Range(func(any, any) bool { count++; return true })
	failed.Range(func(_, err any) bool { t.Error(err); return true })
	if count != 1 {
		t.Errorf("%d calls started a registry, want 1", count)
	}
}

func TestImagesSurviveARestart(t *testing.T) {
	o := options(t, freePort(t))
	before := setup(t, o)
	ref, digest := push(t, o.Port, "backend")
	if stopped, err := registry.Stop(t.Context(), o, false); err != nil || !stopped {
		t.Fatalf("stopped %v, %v", stopped, err)
	}
	after := setup(t, o)
	if before.PID == after.PID {
		t.Fatal("the registry was not restarted")
	}
	assertServes(t, ref, digest)
}

func TestPurgeDeletesImages(t *testing.T) {
	o := options(t, freePort(t))
	setup(t, o)
	push(t, o.Port, "backend")
	if _, err := registry.Stop(t.Context(), o, true); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(o.Dir); !os.IsNotExist(err) {
		t.Errorf("%s is still there", o.Dir)
	}
}

func TestKilledDuringAPushKeepsAUsableStore(t *testing.T) {
	o := options(t, freePort(t))
	running := setup(t, o)
	kept, keptDigest := push(t, o.Port, "kept")

	// A blob whose body stays open: the registry is in the middle of writing it when it is killed.
	base := fmt.Sprintf("http://localhost:%d", o.Port)
	begin, err := http.Post(base+"/v2/cut/blobs/uploads/", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	begin.Body.Close()
	upload, err := begin.Request.URL.Parse(begin.Header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	body, feed := io.Pipe()
	request, err := http.NewRequest(http.MethodPatch, upload.String(), body)
	if err != nil {
		t.Fatal(err)
	}
	answered := make(chan error, 1)
	go func() {
		_, err := http.DefaultClient.Do(request)
		answered <- err
	}()
	if _, err := feed.Write(make([]byte, 1<<20)); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(running.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	feed.Close()
	if err := <-answered; err == nil {
		t.Fatal("the cut-off upload was answered")
	}

	if again := setup(t, o); !again.Started {
		t.Fatalf("%+v: want a new start after a kill", again)
	}
	assertServes(t, kept, keptDigest)
	assertServesPush(t, o.Port, "cut")
}

func assertServesPush(t *testing.T, port int, repository string) {
	t.Helper()
	ref, digest := push(t, port, repository)
	assertServes(t, ref, digest)
}

func TestADeletedImageIsGone(t *testing.T) {
	o := options(t, freePort(t))
	setup(t, o)
	ref, digest := push(t, o.Port, "backend")
	if err := remote.Delete(ref.Context().Digest(digest.String())); err != nil {
		t.Fatal(err)
	}
	if _, err := remote.Image(ref); err == nil {
		t.Error("the deleted image is still served")
	}
}

func TestForeignProcessIsNamed(t *testing.T) {
	web := httptest.NewServer(http.NotFoundHandler())
	defer web.Close()
	o := options(t, web.Listener.Addr().(*net.TCPAddr).Port)
	_, err := registry.Setup(t.Context(), o)
	if err == nil {
		t.Fatal("a port that a web server holds was accepted")
	}
	for _, want := range []string{
		fmt.Sprintf("port %d is taken by pid %d: %s", o.Port, os.Getpid(), os.Args[0]), "it is no registry", "next: ",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q does not say %q", err, want)
		}
	}
}

func TestForeignRegistryIsUsed(t *testing.T) {
	theirs := options(t, freePort(t))
	setup(t, theirs)
	mine := theirs
	mine.Dir = filepath.Join(t.TempDir(), "mine")
	result := setup(t, mine)
	if result.Runtime != registry.Existing || result.Started || !strings.Contains(result.Note, "already runs") {
		t.Errorf("%+v: want the existing registry", result)
	}
	if stopped, err := registry.Stop(t.Context(), mine, true); err != nil || stopped {
		t.Errorf("stopped %v, %v: want somebody else's registry left alone", stopped, err)
	}
	assertServesPush(t, theirs.Port, "backend")
}

func TestReadOnlyRegistryIsRefused(t *testing.T) {
	mirror := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Docker-Distribution-Api-Version", "registry/2.0")
		if r.Method != http.MethodGet {
			w.WriteHeader(http.StatusMethodNotAllowed)
		}
	}))
	defer mirror.Close()
	_, err := registry.Setup(t.Context(), options(t, mirror.Listener.Addr().(*net.TCPAddr).Port))
	if err == nil || !strings.Contains(err.Error(), "takes no images: beginning an upload answers 405") {
		t.Errorf("error %v", err)
	}
}

func TestARecycledPidIsNotTrusted(t *testing.T) {
	o := options(t, freePort(t))
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	stale, err := state.Self(o.Port, "gone", registrydata.Config)
	if err != nil {
		t.Fatal(err)
	}
	stale.Start = "1" // this test's pid, but not this test's start
	if err := stale.Write(o.Dir); err != nil {
		t.Fatal(err)
	}
	if stopped, err := registry.Stop(t.Context(), o, false); err != nil || stopped {
		t.Fatalf("stopped %v, %v: want nothing stopped", stopped, err)
	}
	if err := stale.Write(o.Dir); err != nil {
		t.Fatal(err)
	}
	if result := setup(t, o); !result.Started {
		t.Errorf("%+v: want a fresh registry", result)
	}
}

func TestAnotherConfigurationRestarts(t *testing.T) {
	o := options(t, freePort(t))
	before := setup(t, o)
	o.Config = append([]byte("# changed\n"), o.Config...)
	after := setup(t, o)
	if !after.Started || before.PID == after.PID {
		t.Errorf("before %+v, after %+v: want a restart", before, after)
	}
}

func TestARegistryThatCannotStartShowsItsLog(t *testing.T) {
	o := options(t, freePort(t))
	o.Serve = []string{os.Args[0], "serve-for-test", strconv.Itoa(o.Port), "/proc/nowhere"}
	_, err := registry.Setup(t.Context(), o)
	if err == nil || !strings.Contains(err.Error(), "ended at once: exit status 1\n  ") || !strings.Contains(err.Error(), "\n  mkdir /proc/nowhere: no such file or directory\nlog: ") {
		t.Errorf("error %v", err)
	}
}

func TestOnlyLoopbackListens(t *testing.T) {
	o := options(t, freePort(t))
	setup(t, o)
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range addresses {
		ip := address.(*net.IPNet).IP
		connection, err := net.Dial("tcp", net.JoinHostPort(ip.String(), strconv.Itoa(o.Port)))
		if err == nil {
			connection.Close()
		}
		if reached := err == nil; reached != ip.IsLoopback() {
			t.Errorf("registry reached on %s: %v", ip, reached)
		}
	}
}
