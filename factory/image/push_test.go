package image

import (
	"context"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/helm-chart-factory/factory/factory/registry/server"
	registrydata "github.com/helm-chart-factory/factory/registry"
)

// serveRegistry runs the distribution registry inside the test and returns its address as images name it.
func serveRegistry(t *testing.T) string {
	t.Helper()
	handler, stop, err := server.Handler(t.Context(), registrydata.Config, t.TempDir(), "test", io.Discard)
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
	return "localhost:" + port
}

// pushAs pushes image as an engine does, with the traces of one build container.
func pushAs(t *testing.T, ref string, image v1.Image, container string) {
	t.Helper()
	config, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	config = config.DeepCopy()
	config.Container, config.Config.Hostname = container, container[:12]
	config.History = []v1.History{{CreatedBy: "COPY", Comment: "FROM " + container}}
	config.Config.Healthcheck = &v1.HealthConfig{Test: []string{"CMD", "true"}, Interval: time.Second}
	marked, err := mutate.ConfigFile(image, config)
	if err != nil {
		t.Fatal(err)
	}
	tag, err := name.NewTag(ref)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(tag, marked); err != nil {
		t.Fatal(err)
	}
}

func TestTheSameImageHasTheSameDigest(t *testing.T) {
	ref := serveRegistry(t) + "/web:latest"
	image, err := random.Image(1024, 2)
	if err != nil {
		t.Fatal(err)
	}
	digests := map[string]bool{}
	for _, container := range []string{strings.Repeat("a", 64), strings.Repeat("b", 64)} {
		pushAs(t, ref, image, container)
		digest, err := normalise(t.Context(), ref)
		if err != nil {
			t.Fatal(err)
		}
		digests[digest] = true
		if stored, err := Digest(t.Context(), ref); err != nil || stored != digest {
			t.Errorf("the registry holds %s (%v), want %s", stored, err, digest)
		}
	}
	if len(digests) != 1 {
		t.Errorf("digests %v, want one", digests)
	}
	tag, err := name.NewTag(ref)
	if err != nil {
		t.Fatal(err)
	}
	stored, err := remote.Image(tag)
	if err != nil {
		t.Fatal(err)
	}
	config, err := stored.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if config.Config.Healthcheck == nil || config.Container != "" || config.Config.Hostname != "" {
		t.Errorf("settings %+v: want the health check kept and the container's name gone", config)
	}
}

func TestDigestOfAnImageThatIsNotThere(t *testing.T) {
	ref := serveRegistry(t) + "/none:latest"
	if _, err := Digest(t.Context(), ref); err == nil || !strings.Contains(err.Error(), "asking the registry for "+ref) {
		t.Errorf("error %v", err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Digest(cancelled, ref); err == nil {
		t.Error("a cancelled question was answered")
	}
}

func TestRecordsAreKeptByImage(t *testing.T) {
	cache := t.TempDir()
	want := record{Inputs: "i", Bases: map[string]string{"a:1": "id"}, Digest: "d"}
	if err := want.write(cache, "localhost:5000/a/b:latest"); err != nil {
		t.Fatal(err)
	}
	if got, found := readRecord(cache, "localhost:5000/a/b:latest"); !found || got.Digest != "d" || got.Bases["a:1"] != "id" {
		t.Errorf("got %+v, %v", got, found)
	}
	if got, found := readRecord(cache, "localhost:5001/a/b:latest"); found {
		t.Errorf("the record %+v belongs to another registry", got)
	}
}

func TestOnlyNetworkSettingsOfNpmAreLent(t *testing.T) {
	got := networkSettings([]byte("registry = https://r.example/\n//r.example/:_authToken=secret\n@team:registry=https://t.example\n" +
		"; comment\nprefix=/opt\ncafile=/etc/ca.pem\nscript-shell=zsh\n"))
	want := "registry = https://r.example/\n//r.example/:_authToken=secret\n@team:registry=https://t.example\ncafile=/etc/ca.pem\n"
	if got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func TestAMissingDockerfileSaysWhatToWrite(t *testing.T) {
	_, err := Build(t.Context(), Options{Services: []Service{{Name: "web", Dockerfile: "/nowhere/Dockerfile"}}}, nil)
	if err == nil || !strings.Contains(err.Error(), "service web has no Dockerfile: /nowhere/Dockerfile does not exist\nnext: write one") {
		t.Errorf("error %v", err)
	}
}
