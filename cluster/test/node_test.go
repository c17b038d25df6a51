package test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/helm-chart-factory/factory/cluster/internal/instance"
	"github.com/helm-chart-factory/factory/cluster/internal/ociarchive"
)

// nodeAllowed tells whether this machine can run a node, and logs what is left out if not.
func nodeAllowed(t *testing.T) bool {
	t.Helper()
	out, err := exec.Command(program(t), "check", "-o", "json").Output()
	if err == nil {
		return true
	}
	var report struct{ Problems []struct{ Missing string } }
	if json.Unmarshal(out, &report) != nil {
		t.Fatalf("check: %v: %s", err, out)
	}
	for _, problem := range report.Problems {
		t.Logf("left out: the node with pods, for want of %s", problem.Missing)
	}
	return false
}

// probeImage builds the tests' program and packs it under the given names.
func probeImage(t *testing.T, names ...string) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "probe")
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path, "./probe")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the probe: %v\n%s", err, out)
	}
	archive := ociarchive.Archive{Architecture: runtime.GOARCH, Files: []ociarchive.File{{Path: "/probe", Mode: 0o755, Source: path}}}
	for _, name := range names {
		archive.Images = append(archive.Images, ociarchive.Image{Name: name, Entrypoint: []string{"/probe"}, User: "65532:65532"})
	}
	var out bytes.Buffer
	if err := ociarchive.Write(&out, t.TempDir(), archive); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

const probeName = "probe.test/probe:1"

func TestNode(t *testing.T) {
	if !nodeAllowed(t) {
		return
	}
	before := traces(t)
	c := newCluster(t, "node")
	id := instance.Instance{Name: c.name, Dir: c.dir}
	archive := probeImage(t, probeName)
	open := newRegistry(t, archive, "")
	closed := newRegistry(t, archive, "secret")
	mirrors := filepath.Join(t.TempDir(), "registries.yaml")
	start := []string{"start", "--registry-port", fmt.Sprint(open.port()), "--registries", mirrors}
	c.run(start...)
	s := c.status()
	if !s.Ready || !s.Node || s.NodeIP == "" {
		t.Fatalf("status: %+v", s)
	}
	for _, name := range s.LeftOut {
		t.Logf("left out: whatever needs the add-on %s, for want of its image in the cache", name)
	}
	has := func(addon string) bool { return !strings.Contains(strings.Join(s.LeftOut, " "), addon) }
	c.feed(bytes.NewReader(archive), "images", "import", "/dev/stdin")

	t.Run("a Deployment serves host, pods and names", func(t *testing.T) { testServing(t, c, s, has("coredns")) })
	t.Run("a failing pod says why", func(t *testing.T) { testFailure(t, c) })
	t.Run("the registry of the host's loopback is pulled from", func(t *testing.T) { testForwarder(t, c, open) })
	t.Run("registries.yaml is honoured", func(t *testing.T) { testRegistries(t, c, mirrors, archive, open, closed) })
	if has("local-path-provisioner") {
		t.Run("volumes outlive stop and kill", func(t *testing.T) { testVolumes(t, c, start) })
	}
	if has("traefik") {
		t.Run("the ingress answers", func(t *testing.T) { testIngress(t, c, s) })
	}
	if has("metrics-server") {
		t.Run("the node is measured", func(t *testing.T) {
			// A rate takes two measurements, a quarter of a minute apart.
			eventually(t, 45*time.Second, func() string {
				if out := c.try("kubectl", "top", "node", "--no-headers"); !strings.HasPrefix(out, c.name) {
					return "kubectl top: " + out
				}
				return ""
			})
		})
	}
	t.Run("a second node runs beside the first", func(t *testing.T) { testSecondNode(t, s) })

	c.run("stop", "--purge")
	nothingLeft(t, before, c.dir, id.Group(), id.Link())
}

const serving = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: ` + probeName + `
        args: [serve, hello]
        ports: [{containerPort: 8080}]
        readinessProbe: {httpGet: {path: /, port: 8080}, periodSeconds: 1}
        resources: {limits: {memory: 64Mi, cpu: 500m}}
        securityContext: {readOnlyRootFilesystem: true, runAsNonRoot: true}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  type: NodePort
  selector: {app: web}
  ports: [{port: 80, targetPort: 8080}]
`

func testServing(t *testing.T, c *cluster, s status, dns bool) {
	c.apply(serving)
	c.kubectl("rollout", "status", "deployment/web", "--timeout=60s")
	field := func(path string, what ...string) string {
		return c.kubectl(append([]string{"get", "-o", "jsonpath=" + path}, what...)...)
	}
	serviceIP := field("{.spec.clusterIP}", "service/web")
	podIP := field("{.items[0].status.podIP}", "pods", "-l", "app=web")
	nodePort := field("{.spec.ports[0].nodePort}", "service/web")
	for name, url := range map[string]string{
		"pod": "http://" + podIP + ":8080/", "Service": "http://" + serviceIP + "/", "node port": "http://" + s.NodeIP + ":" + nodePort + "/",
	} {
		eventually(t, 10*time.Second, func() string {
			if body, err := fetch(url); err != nil || !strings.HasPrefix(body, "hello from web-") {
				return fmt.Sprintf("the host asks the %s at %s: %q %v", name, url, body, err)
			}
			return ""
		})
	}
	inPod := func(args ...string) string {
		return c.try(append([]string{"kubectl", "exec", "deployment/web", "--", "/probe"}, args...)...)
	}
	// Often enough to meet both replicas, itself among them: each way has its own trap.
	for range 8 {
		if out := inPod("get", "http://"+serviceIP+"/"); !strings.HasPrefix(out, "hello from web-") {
			t.Errorf("a pod asks its own Service: %s", out)
		}
	}
	if out := c.kubectl("logs", "deployment/web"); strings.Contains(out, "panic") {
		t.Errorf("logs: %s", out)
	}
	if !dns {
		return
	}
	if out := inPod("get", "http://web.default.svc.cluster.local/"); !strings.HasPrefix(out, "hello from web-") {
		t.Errorf("a pod asks the Service by name: %s", out)
	}
	begin := time.Now()
	if out := inPod("lookup", "www.example.com"); !strings.Contains(out, "no such host") || time.Since(begin) > 3*time.Second {
		t.Errorf("an external name, after %s: %s", time.Since(begin), out)
	}
}

func fetch(url string) (string, error) {
	client := http.Client{Timeout: 3 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Get(url)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return string(body), err
}

func testFailure(t *testing.T, c *cluster) {
	c.kubectl("run", "greedy", "--image", probeName, "--restart=Never", "--", "get", "http://127.0.0.1:1/")
	eventually(t, 30*time.Second, func() string {
		if phase := c.kubectl("get", "pod", "greedy", "-o", "jsonpath={.status.phase}"); phase != "Failed" {
			return "the pod is " + phase
		}
		return ""
	})
	if out := c.kubectl("logs", "greedy"); !strings.Contains(out, "connection refused") {
		t.Errorf("its log: %s", out)
	}
}

func testIngress(t *testing.T, c *cluster, s status) {
	if s.Ingress != s.NodeIP {
		t.Errorf("ingress at %q, want the node's %q: the host's ports were not asked for", s.Ingress, s.NodeIP)
	}
	c.apply(`
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec:
  rules: [{host: web.test, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]
`)
	eventually(t, 20*time.Second, func() string {
		request, err := http.NewRequest(http.MethodGet, "http://"+s.Ingress+"/", nil)
		if err != nil {
			return err.Error()
		}
		request.Host = "web.test"
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return err.Error()
		}
		defer response.Body.Close()
		if body, _ := io.ReadAll(response.Body); !strings.HasPrefix(string(body), "hello from web-") {
			return fmt.Sprintf("the ingress answers %d %s", response.StatusCode, body)
		}
		return ""
	})
}

func testSecondNode(t *testing.T, first status) {
	c := newCluster(t, "second")
	c.run("start", "--registry-port", "0", "--images", t.TempDir())
	s := c.status()
	if s.Network.Block == first.Network.Block {
		t.Errorf("both nodes use %s", s.Network.Block)
	}
	if out := c.kubectl("get", "nodes", "-o", "name"); out != "node/second" {
		t.Errorf("its nodes: %s", out)
	}
	if len(s.LeftOut) == 0 {
		t.Error("no add-on is said to be left out, without any image")
	}
	c.run("stop", "--purge")
}
