//go:build e2e

package judges

import (
	"bytes"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/helm-chart-factory/factory/factory/clustertest"
	"github.com/helm-chart-factory/factory/factory/image"
	"github.com/helm-chart-factory/factory/factory/registry/server"
	"github.com/helm-chart-factory/factory/factory/ship"
	"github.com/helm-chart-factory/factory/factory/spec"
	registrydata "github.com/helm-chart-factory/factory/registry"
	"github.com/helm-chart-factory/factory/templates"
)

// TestPlainHelmOutOfARegistry pushes the shipped stack to the registry that setup-registry runs, and lets the helm program do there
// what people do: pull, template, install, and upgrade to the next version. Each release has the images of its version.
func TestPlainHelmOutOfARegistry(t *testing.T) {
	install(t, definitions(t))
	cluster := clustertest.Cluster(t)
	client, err := cluster.Client()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("HELM_CACHE_HOME", t.TempDir())
	t.Setenv("HELM_CONFIG_HOME", t.TempDir())
	host := serveRegistry(t)
	p := stackAt(t, host)
	namespace := clustertest.Namespace(t, cluster)
	prepare(t, client, namespace, p)
	clustertest.RunPods(t, cluster, namespace, completed)

	address := "oci://" + host + "/charts/" + p.Name
	architectures := map[string]string{"1.0.0": "amd64", "1.1.0-rc.1+build.7": "arm64"} // another one is another image
	manifests := map[string]string{}
	for i, version := range []string{"1.0.0", "1.1.0-rc.1+build.7"} {
		c := pushed(t, p, host, version, architectures[version])
		from := []string{address, "--version", version, "--plain-http"}
		folder := t.TempDir()
		run(t, "helm", append([]string{"pull", "--destination", folder}, from...)...)
		if pulled, err := os.ReadFile(filepath.Join(folder, c.File())); err != nil || !bytes.Equal(pulled, c.Archive) {
			t.Errorf("helm pull gave something else (%v)", err)
		}
		release := append([]string{p.Name}, append(from, "--namespace", namespace)...)
		run(t, "helm", append([]string{"template", "--kube-version", "1.34.0"}, release...)...)
		run(t, "helm", append([]string{[]string{"install", "upgrade"}[i], "--timeout", "60s"}, release...)...)
		manifests[version] = run(t, "helm", "get", "manifest", p.Name, "--namespace", namespace)
		for service, pinned := range c.Images {
			repository, _, _ := strings.Cut(strings.TrimPrefix(pinned, host+"/"), ":")
			_, digest, _ := strings.Cut(pinned, "@")
			if want := `image: "` + host + "/" + repository + "@" + digest + `"`; !strings.Contains(manifests[version], want) {
				t.Errorf("version %s of service %s has no %s", version, service, want)
			}
		}
		if len(c.Images) != len(p.Services) {
			t.Errorf("pinned %v, want all of the stack", c.Images)
		}
	}
	run(t, "helm", "rollback", p.Name, "1", "--namespace", namespace)
	if again := run(t, "helm", "get", "manifest", p.Name, "--namespace", namespace); again != manifests["1.0.0"] {
		t.Error("the rollback brought back something else than the first version")
	}
	run(t, "helm", "uninstall", p.Name, "--namespace", namespace)
}

func serveRegistry(t *testing.T) (host string) {
	t.Helper()
	handler, stop, err := server.Handler(t.Context(), registrydata.Config, t.TempDir(), "judges", io.Discard)
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

// stackAt is the shipped stack with its images in a registry.
func stackAt(t *testing.T, host string) project {
	t.Helper()
	dir := t.TempDir()
	for _, part := range []string{spec.ProjectFile, "services"} {
		copyTracked(t, top, part, dir)
	}
	file := filepath.Join(dir, spec.ProjectFile)
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	moved := bytes.Replace(content, []byte("registry: localhost:5000"), []byte("registry: "+host), 1)
	if bytes.Equal(moved, content) {
		t.Fatal("the shipped stack is not in localhost:5000")
	}
	write(t, file, moved)
	return generated(t, dir)
}

// pushed builds something small for each service, and pushes the umbrella chart with it.
func pushed(t *testing.T, p project, host, version, architecture string) *ship.Chart {
	t.Helper()
	for _, s := range p.Services {
		if err := image.PushProbe(t.Context(), p.BuiltImage(s), architecture); err != nil {
			t.Fatal(err)
		}
	}
	charts, err := ship.Charts(t.Context(), ship.Request{Dir: p.Dir, Version: version, Pin: image.Digest}, templates.Files)
	if err != nil {
		t.Fatal(err)
	}
	to, err := ship.ParseTarget("oci://" + host + "/charts")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ship.Push(t.Context(), charts, to, false); err != nil {
		t.Fatal(err)
	}
	return charts[0]
}
