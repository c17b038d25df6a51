package ship_test

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/cli"
	helm "helm.sh/helm/v3/pkg/registry"

	"github.com/helm-chart-factory/factory/factory/image"
	"github.com/helm-chart-factory/factory/factory/registry/server"
	"github.com/helm-chart-factory/factory/factory/ship"
	registrydata "github.com/helm-chart-factory/factory/registry"
)

// testRegistry is the distribution registry inside the test.
type testRegistry struct {
	host   string
	writes atomic.Int32 // requests that change something
	login  string       // USER:PASSWORD that it wants, if any
	deny   bool         // whoever writes is refused
	stall  func()       // called before each write
}

func serve(t *testing.T) *testRegistry {
	t.Helper()
	t.Setenv("HELM_REGISTRY_CONFIG", filepath.Join(t.TempDir(), "none.json"))
	t.Setenv("HELM_CACHE_HOME", t.TempDir())
	t.Setenv("DOCKER_CONFIG", t.TempDir())
	handler, stop, err := server.Handler(t.Context(), registrydata.Config, t.TempDir(), "test", io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	r := &testRegistry{}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		writes := request.Method != http.MethodGet && request.Method != http.MethodHead
		user, password, _ := request.BasicAuth()
		switch {
		case r.login != "" && user+":"+password != r.login:
			w.Header().Set("Docker-Distribution-Api-Version", "registry/2.0")
			w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		case writes && r.deny:
			w.WriteHeader(http.StatusForbidden)
			return
		case writes:
			r.writes.Add(1)
			if r.stall != nil {
				r.stall()
			}
		}
		handler.ServeHTTP(w, request)
	}))
	t.Cleanup(func() {
		web.Close()
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
	_, port, _ := strings.Cut(web.Listener.Addr().String(), ":")
	r.host = "localhost:" + port
	return r
}

func (r *testRegistry) target(t *testing.T) ship.Target {
	t.Helper()
	to, err := ship.ParseTarget("oci://" + r.host + "/charts")
	if err != nil {
		t.Fatal(err)
	}
	return to
}

// TestHelmInstallsWhatWasPushed lets Helm's own install find the chart by its address, with a plus sign in its version.
func TestHelmInstallsWhatWasPushed(t *testing.T) {
	r := serve(t)
	dir := synced(t, shop())
	packed := charts(t, ship.Request{Dir: dir, Version: "1.4.0+build.7", Pin: digestOf(map[string]int{})})
	pushed, err := ship.Push(t.Context(), packed, r.target(t), false)
	if err != nil {
		t.Fatal(err)
	}
	p := pushed[0]
	if p.Ref != "oci://"+r.host+"/charts/shop:1.4.0_build.7" || !p.Pushed || p.Chart != packed[0].Digest() || !strings.HasPrefix(p.Digest, "sha256:") {
		t.Errorf("got %+v", p)
	}
	client, err := helm.NewClient(helm.ClientOptPlainHTTP())
	if err != nil {
		t.Fatal(err)
	}
	for _, how := range []struct{ ref, version string }{
		{r.target(t).Chart("shop"), "1.4.0+build.7"},
		{p.Ref + "@" + p.Digest, ""}, // as it is printed
	} {
		install := action.NewInstall(&action.Configuration{RegistryClient: client})
		install.ClientOnly, install.DryRun, install.ReleaseName, install.Namespace = true, true, "shop", "shop"
		install.PlainHTTP, install.Version = true, how.version
		install.SetRegistryClient(client)
		file, err := install.LocateChart(how.ref, cli.New())
		if err != nil {
			t.Fatalf("%v: %v", how, err)
		}
		loaded, err := loader.Load(file)
		if err != nil {
			t.Fatal(err)
		}
		release, err := install.RunWithContext(t.Context(), loaded, nil)
		if err != nil {
			t.Fatal(err)
		}
		if want := `image: "localhost:5000/web@sha256:0`; !strings.Contains(release.Manifest, want) {
			t.Errorf("the release has no %s", want)
		}
	}
}

func TestAVersionIsPushedOnce(t *testing.T) {
	r := serve(t)
	dir := synced(t, shop())
	first := charts(t, ship.Request{Dir: dir, Version: "1.4.0"})
	pushed, err := ship.Push(t.Context(), first, r.target(t), false)
	if err != nil {
		t.Fatal(err)
	}
	digest := pushed[0].Digest

	before := r.writes.Load()
	pushed, err = ship.Push(t.Context(), charts(t, ship.Request{Dir: dir, Version: "1.4.0"}), r.target(t), false)
	if err != nil || pushed[0].Pushed || pushed[0].Digest != digest || r.writes.Load() != before {
		t.Errorf("the same again: %+v, %v, %d writes", pushed, err, r.writes.Load()-before)
	}

	// Another chart of that version, beside one that is new: neither is pushed.
	other := append(charts(t, ship.Request{Dir: dir, Services: []string{"web"}, Version: "1.4.0"}),
		charts(t, ship.Request{Dir: dir, Version: "1.4.0", AppVersion: "2"})...)
	_, err = ship.Push(t.Context(), other, r.target(t), false)
	equal(t, err, "nothing was pushed, because another chart of that version is there, which others may have pulled:\n  oci://"+r.host+"/charts/shop:1.4.0 ("+digest+")\n"+
		"next: --version 1.4.1, another place with --to, or --force to replace it")
	if !isUsage(err) || r.writes.Load() != before {
		t.Errorf("that is not the caller's to cure, or %d writes", r.writes.Load()-before)
	}
	pushed, err = ship.Push(t.Context(), other, r.target(t), true)
	if err != nil || !pushed[0].Pushed || !pushed[1].Pushed || pushed[1].Digest == digest {
		t.Errorf("with force: %+v, %v", pushed, err)
	}

	// The same bytes have the same digest in every registry.
	elsewhere := serve(t)
	pushed, err = ship.Push(t.Context(), first, elsewhere.target(t), false)
	if err != nil || pushed[0].Digest != digest {
		t.Errorf("in another registry: %+v, %v, want %s", pushed, err, digest)
	}
}

// TestAnImageIsNotTakenForAChart finds what is no chart under the version.
func TestAnImageIsNotTakenForAChart(t *testing.T) {
	r := serve(t)
	if err := image.PushProbe(t.Context(), r.host+"/charts/shop:0.1.0", "amd64"); err != nil {
		t.Fatal(err)
	}
	_, err := ship.Push(t.Context(), charts(t, ship.Request{Dir: synced(t, shop())}), r.target(t), false)
	if err == nil || !isUsage(err) || !strings.Contains(err.Error(), "/charts/shop:0.1.0 (sha256:") {
		t.Errorf("got %v", err)
	}
}

func TestLogins(t *testing.T) {
	r := serve(t)
	r.login = "ann:secret"
	packed := charts(t, ship.Request{Dir: synced(t, shop())})
	auths := func(login string) string {
		return `{"auths":{"` + r.host + `":{"auth":"` + base64.StdEncoding.EncodeToString([]byte(login)) + `"}}}`
	}
	const next = "\nnext: helm registry login HOST, or docker login HOST: HOST wants a login, and the one in their files, if any, is not taken"
	refused := func(kind string) {
		t.Helper()
		_, err := ship.Push(t.Context(), packed, r.target(t), false)
		if err == nil || !strings.HasSuffix(err.Error(), strings.ReplaceAll(next, "HOST", r.host)) || strings.Contains(err.Error(), "wrong") {
			t.Errorf("%s: got %v", kind, err)
		}
		if isUsage(err) || r.writes.Load() > 0 {
			t.Errorf("%s: the command is not wrong, and %d writes", kind, r.writes.Load())
		}
	}
	refused("without a login")
	config := filepath.Join(t.TempDir(), "config.json")
	t.Setenv("HELM_REGISTRY_CONFIG", config)
	put(t, config, auths("ann:wrong"))
	refused("with a wrong one")

	r.deny = true
	put(t, config, auths("ann:secret"))
	_, err := ship.Push(t.Context(), packed, r.target(t), false)
	if err == nil || !strings.HasSuffix(err.Error(), "\nnext: see whether the login for "+r.host+" may push there, and whether there is room") {
		t.Errorf("with one that may only read: got %v", err)
	}
	r.deny = false
	pushed, err := ship.Push(t.Context(), packed, r.target(t), false)
	if err != nil || !pushed[0].Pushed {
		t.Errorf("with Helm's login: %+v, %v", pushed, err)
	}
	docker := t.TempDir()
	t.Setenv("HELM_REGISTRY_CONFIG", filepath.Join(docker, "none.json"))
	t.Setenv("DOCKER_CONFIG", docker)
	put(t, filepath.Join(docker, "config.json"), auths("ann:secret"))
	if pushed, err = ship.Push(t.Context(), packed, r.target(t), false); err != nil || pushed[0].Pushed {
		t.Errorf("with Docker's login: %+v, %v", pushed, err)
	}
}

func TestRegistriesThatDoNotAnswer(t *testing.T) {
	packed := charts(t, ship.Request{Dir: synced(t, shop())})
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := silent.Addr().String()
	silent.Close()
	to, err := ship.ParseTarget("oci://" + address + "/charts")
	if err != nil {
		t.Fatal(err)
	}
	_, err = ship.Push(t.Context(), packed, to, false)
	equal(t, err, "pushing to oci://"+address+"/charts: "+address+" does not answer: nothing listens there\nnext: factory setup-registry")

	// One that speaks plain HTTP and is not on this machine by its name.
	r := serve(t)
	_, port, _ := strings.Cut(r.host, ":")
	if to, err = ship.ParseTarget("oci://0.0.0.0:" + port + "/charts"); err != nil {
		t.Fatal(err)
	}
	_, err = ship.Push(t.Context(), packed, to, false)
	if err == nil || !strings.Contains(err.Error(), "does not answer") || !strings.HasSuffix(err.Error(), "plain HTTP is spoken with localhost only") || r.writes.Load() > 0 {
		t.Errorf("got %v after %d writes", err, r.writes.Load())
	}
}

// TestAPushEndsWithItsContext interrupts the first write.
func TestAPushEndsWithItsContext(t *testing.T) {
	r := serve(t)
	ctx, cancel := context.WithCancel(t.Context())
	r.stall = cancel
	pushed, err := ship.Push(ctx, charts(t, ship.Request{Dir: synced(t, shop())}), r.target(t), false)
	if !errors.Is(err, context.Canceled) || len(pushed) > 0 {
		t.Errorf("got %v, %v", pushed, err)
	}
}

func TestTargets(t *testing.T) {
	for address, want := range map[string]string{
		"oci://localhost:5000/charts":           "oci://localhost:5000/charts/web",
		"oci://localhost:5000/charts/":          "oci://localhost:5000/charts/web",
		"oci://ghcr.io":                         "oci://ghcr.io/web",
		"oci://[::1]:5000/a/b-c":                "oci://[::1]:5000/a/b-c/web",
		"localhost:5000/charts":                 `"localhost:5000/charts" is no OCI address: write oci://HOST[:PORT]/PATH, such as oci://localhost:5000/charts`,
		"https://localhost:5000/charts":         `"https://localhost:5000/charts" is no OCI address: write oci://HOST[:PORT]/PATH, such as oci://localhost:5000/charts`,
		"oci://localhost:5000/charts/web:1.0.0": `"oci://localhost:5000/charts/web:1.0.0" names a version: leave that out, and say it with --version`,
		"oci://":                                `"oci://" is no OCI address: the host is HOST[:PORT], and a path has small letters, digits and single . _ - between slashes`,
		"oci://localhost:5000/Charts":           `"oci://localhost:5000/Charts" is no OCI address: the host is HOST[:PORT], and a path has small letters, digits and single . _ - between slashes`,
		"oci://user@localhost:5000/charts":      `"oci://user@localhost:5000/charts" is no OCI address: the host is HOST[:PORT], and a path has small letters, digits and single . _ - between slashes`,
		"oci://localhost:5000//charts":          `"oci://localhost:5000//charts" is no OCI address: the host is HOST[:PORT], and a path has small letters, digits and single . _ - between slashes`,
	} {
		to, err := ship.ParseTarget(address)
		switch {
		case err != nil:
			if equal(t, err, want); !isUsage(err) {
				t.Errorf("%s is not the caller's to cure", address)
			}
		case to.Chart("web") != want:
			t.Errorf("%s: got %s, want %s", address, to.Chart("web"), want)
		}
	}
}
