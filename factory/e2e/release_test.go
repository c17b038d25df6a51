//go:build e2e

package e2e

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestFromSpecsToARelease follows one stack from nothing to a running release, through what a release meets in its
// life, to nothing again. The parts build on one another, so the first that fails ends it.
func TestFromSpecsToARelease(t *testing.T) {
	before := footprint(t)
	s := newStack(t)
	t.Cleanup(func() {
		if _, said, err := s.try(s.factory, "down", "--volumes", "--yes"); err != nil {
			t.Errorf("factory down: %v\n%s", err, said)
		}
	})
	parts := []struct {
		name string
		run  func(*testing.T, *stack)
	}{
		{"up brings three workloads to Ready", upFromNothing},
		{"the API answers over verified TLS", apiOverTLS},
		{"pods are recorded in the database", rowsAreWritten},
		{"the browser shows the pods", dashboardInABrowser},
		{"a second up changes nothing", upAgain},
		{"a second deploy takes a moment and writes nothing", deployAgain},
		{"doctor finds what is broken", examined},
		{"plain helm keeps digests and rolls no pod", plainHelm},
		{"a database outage is survived", databaseOutage},
		{"deleting the database's pod loses nothing", deleteDatabasePod},
		{"a rebuilt image rolls only its own pods", rebuildOneImage},
		{"what a deploy stands on may break in the middle of it", survives},
		{"a plan is what happens, and a rollback takes it back", planAndRollBack},
		{"status tells what others changed, and a rollback takes it back", driftInStatus},
		{"what cannot run is diagnosed", diagnoses},
		{"logs follow pods over crashes and lost connections", followLogs},
		{"an open service outlives its pod", openOverPods},
		{"dev brings what is saved to its port", develop},
		{"every template of factory new comes up", scaffolds},
		{"registries.yaml decides what a mirror's name means", mirrorOfAnotherName},
		{"destroy and deploy again keep volume and password", destroyAndDeploy},
		{"destroy --volumes leaves nothing", destroyWithVolumes},
	}
	for _, part := range parts {
		if !t.Run(part.name, func(t *testing.T) { part.run(t, s) }) {
			t.Fatalf("stopped after %q; what runs:\n%s", part.name, s.pods())
		}
	}
	t.Run("down leaves nothing on the machine", func(t *testing.T) {
		node := s.status(t).NodeIP
		if linkTo(t, node) == "" {
			t.Errorf("no network interface leads to the node %s", node)
		}
		s.run(t, s.factory, "down", "--volumes", "--yes")
		if left := linkTo(t, node); left != "" {
			t.Errorf("the network interface %s is left", left)
		}
		if after := footprint(t); !reflect.DeepEqual(before, after) {
			t.Errorf("the machine differs\nbefore: %v\nafter:  %v", before, after)
		}
	})
}

func upFromNothing(t *testing.T, s *stack) {
	out, said, err := s.try(s.factory, "up")
	if err != nil {
		t.Fatalf("factory up: %v\n%s%s", err, out, said)
	}
	t.Logf("%s%s", said, out)
	for _, want := range []string{"https://" + host, "kubeconfig"} {
		if !strings.Contains(out, want) {
			t.Errorf("up did not say %q", want)
		}
	}
	for workload, ready := range map[string]string{"deployment/backend": "2", "deployment/frontend": "2", "statefulset/database": "1"} {
		if got := s.kubectl(t, "get", workload, "-n", "platform", "-o", "jsonpath={.status.readyReplicas}"); got != ready {
			t.Errorf("%s: %s ready, want %s", workload, got, ready)
		}
	}
	if got := s.kubectl(t, "get", "namespace", "platform", "-o", `jsonpath={.metadata.labels.pod-security\.kubernetes\.io/enforce}`); got != "restricted" {
		t.Errorf("the namespace enforces %q, want restricted", got)
	}
	if got := s.kubectl(t, "get", "pvc", "-n", "platform", "-o", "jsonpath={.items[0].spec.resources.requests.storage} {.items[0].spec.storageClassName}"); got != "10Gi local-path" {
		t.Errorf("the volume is %q", got)
	}
}

func apiOverTLS(t *testing.T, s *stack) {
	client := s.client(t)
	shapes := map[string]string{
		"/health":           ``,
		"/ready":            ``,
		"/api/stats":        `^\{"namespace":"platform","totalDeployments":2,"totalPods":5,"runningPods":5,"pendingPods":0\}$`,
		"/api/deployments":  `^\[\{"name":"backend","replicas":2,"ready":2,"available":2,"age":"[0-9dhms ]+"\},\{"name":"frontend",.*\}\]$`,
		"/api/pods":         `"name":"database-0","podId":"[0-9a-f-]{36}","status":"Running","node":"[^"]+","age":"[0-9dhms ]+"`,
		"/api/pods/history": `"podName":"database-0"`,
	}
	for path, shape := range shapes {
		eventually(t, 30*time.Second, func() error {
			status, body, err := get(client, path)
			if err != nil {
				return err
			}
			if status != http.StatusOK || !regexp.MustCompile(shape).MatchString(strings.TrimSpace(body)) {
				return fmt.Errorf("GET %s = %d %s, want %s", path, status, body, shape)
			}
			return nil
		})
	}
}

func rowsAreWritten(t *testing.T, s *stack) {
	eventually(t, 60*time.Second, func() error {
		return expect("rows of running pods", s.psql(t, "select count(*), count(distinct pod_id) from pod_metrics where status = 'Running'"), "5|5")
	})
}

func dashboardInABrowser(t *testing.T, s *stack) {
	frontend := filepath.Join(s.dir, "services", "frontend")
	install := exec.Command("npm", "ci", "--no-audit", "--no-fund")
	install.Dir = frontend
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("npm ci: %v\n%s", err, out)
	}
	picture := filepath.Join(t.TempDir(), "dashboard.png")
	if keep := os.Getenv("FACTORY_E2E_SCREENSHOT"); keep != "" {
		picture = keep
	}
	s.run(t, "node", filepath.Join(frontend, "e2e", "dashboard.mjs"), "--url", "https://"+host, "--ca", s.trust(t),
		"--resolve", host+"="+s.ingress(t), "--screenshot", picture, "--expect-pod", "database-0")
}

func upAgain(t *testing.T, s *stack) {
	revision, pods, start := s.revision(t), s.podUIDs(t), time.Now()
	s.run(t, s.factory, "up")
	t.Logf("the second up took %s", time.Since(start).Round(time.Second))
	s.unchanged(t, revision, pods)
}

func plainHelm(t *testing.T, s *stack) {
	pods := s.podUIDs(t)
	before := s.kubectl(t, "get", "deployments,statefulsets", "-n", "platform", "-o", "jsonpath={.items[*].spec.template.spec.containers[*].image}")
	s.run(t, filepath.Join(cacheDir(t), "bin", "helm"), "upgrade", "platform", "umbrella-chart/", "-n", "platform", "--reset-then-reuse-values", "--wait")
	after := s.kubectl(t, "get", "deployments,statefulsets", "-n", "platform", "-o", "jsonpath={.items[*].spec.template.spec.containers[*].image}")
	if before != after || !strings.Contains(after, "@sha256:") {
		t.Errorf("images before: %s\nafter: %s", before, after)
	}
	if got := s.podUIDs(t); !reflect.DeepEqual(got, pods) {
		t.Errorf("plain helm rolled pods: %v, were %v", got, pods)
	}
	s.run(t, s.factory, "deploy")
	if got := s.podUIDs(t); !reflect.DeepEqual(got, pods) {
		t.Errorf("factory after helm rolled pods: %v, were %v", got, pods)
	}
}

func databaseOutage(t *testing.T, s *stack) {
	client := s.client(t)
	s.kubectl(t, "scale", "statefulset/database", "-n", "platform", "--replicas=0")
	pod := s.kubectl(t, "get", "pods", "-n", "platform", "-l", "app.kubernetes.io/name=backend", "-o", "jsonpath={.items[0].status.podIP}")
	ask := func(path string) (int, string) {
		response, err := http.Get("http://" + net.JoinHostPort(pod, "8080") + path)
		if err != nil {
			return 0, err.Error()
		}
		defer response.Body.Close()
		body, _ := io.ReadAll(response.Body)
		return response.StatusCode, string(body)
	}
	eventually(t, 60*time.Second, func() error {
		if status, body := ask("/ready"); status != http.StatusServiceUnavailable || !strings.Contains(body, `"reason":"database`) {
			return fmt.Errorf("/ready says %d %s", status, body)
		}
		return nil
	})
	outageIsSeen(t, s)
	if status, body := ask("/health"); status != http.StatusOK {
		t.Errorf("without the database /health says %d %s", status, body)
	}
	// Long enough for a readiness probe that counted the database to take the pod out of its Service.
	time.Sleep(35 * time.Second)
	if status, body, err := get(client, "/api/stats"); status != http.StatusOK || !strings.Contains(body, `"totalDeployments":2`) {
		t.Errorf("without the database /api/stats says %d %s %v", status, body, err)
	}
	s.kubectl(t, "scale", "statefulset/database", "-n", "platform", "--replicas=1")
	eventually(t, 120*time.Second, func() error {
		status, body, err := get(client, "/api/pods/history")
		if err != nil || status != http.StatusOK {
			return fmt.Errorf("history: %d %s %v", status, body, err)
		}
		return nil
	})
}

func deleteDatabasePod(t *testing.T, s *stack) {
	s.psql(t, "insert into pod_metrics (pod_name, pod_id, status) values ('kept', 'kept-by-the-volume', 'Running')")
	s.kubectl(t, "delete", "pod", "database-0", "-n", "platform", "--wait=true")
	s.kubectl(t, "rollout", "status", "statefulset/database", "-n", "platform", "--timeout=120s")
	if got := s.psql(t, "select count(*) from pod_metrics where pod_id = 'kept-by-the-volume'"); got != "1" {
		t.Errorf("%s kept rows, want 1", got)
	}
}

func rebuildOneImage(t *testing.T, s *stack) {
	pods := s.podUIDs(t)
	page := filepath.Join(s.dir, "services", "frontend", "index.html")
	edit(t, page, "</head>", "<!-- rebuilt --></head>")
	s.run(t, s.factory, "build")
	s.run(t, s.factory, "deploy")
	after := s.podUIDs(t)
	if after["frontend"] == pods["frontend"] {
		t.Error("the frontend did not roll")
	}
	if after["backend"] != pods["backend"] || after["database"] != pods["database"] {
		t.Errorf("other pods rolled: %v, were %v", after, pods)
	}
	// A pod that ends is asked for a few seconds more, until the ingress has heard that it is gone.
	client := s.client(t)
	eventually(t, 15*time.Second, func() error {
		status, body, err := get(client, "/")
		if err != nil || status != http.StatusOK {
			t.Errorf("a request failed while the frontend rolled: %d %v", status, err)
		}
		if !strings.Contains(body, "<!-- rebuilt -->") {
			return fmt.Errorf("the page is not the rebuilt one: %s", body)
		}
		return nil
	})
}

// mirrorOfAnotherName pulls through a name that is not localhost: containerd speaks plain HTTP to localhost anyway, so
// only such a name proves the file.
func mirrorOfAnotherName(t *testing.T, s *stack) {
	image := "mirror.example:5000/frontend:latest"
	pull := func(name string) string {
		s.kubectl(t, "run", name, "-n", "default", "--image="+image, "--image-pull-policy=Always", "--restart=Never", "--command", "--", "/bin/sh", "-c", "true")
		var state string
		eventually(t, 90*time.Second, func() error {
			state = s.kubectl(t, "get", "pod", name, "-n", "default", "-o", "jsonpath={.status.phase} {.status.containerStatuses[0].state.waiting.reason}")
			if strings.HasPrefix(state, "Succeeded") || strings.Contains(state, "ErrImagePull") || strings.Contains(state, "ImagePullBackOff") {
				return nil
			}
			return fmt.Errorf("pod %s is %s", name, state)
		})
		s.kubectl(t, "delete", "pod", name, "-n", "default", "--now")
		return state
	}
	if state := pull("without-mirror"); strings.HasPrefix(state, "Succeeded") {
		t.Fatalf("pulled %s without a mirror", image)
	}
	s.run(t, s.factory, "configure-k3s-registry", "--file", s.registries(), "--mirror", "mirror.example:5000=http://localhost:"+registryPort)
	s.run(t, s.cluster, "reload-registries", "--name", instance)
	if state := pull("with-mirror"); !strings.HasPrefix(state, "Succeeded") {
		t.Errorf("with registries.yaml the pod is %s", state)
	}
}

func destroyAndDeploy(t *testing.T, s *stack) {
	secret := func() string {
		return s.kubectl(t, "get", "secret", "-n", "platform", "-l", "app.kubernetes.io/name=database", "-o", "jsonpath={.items[0].data}")
	}
	volume := func() string {
		return s.kubectl(t, "get", "pvc", "-n", "platform", "-o", "jsonpath={.items[*].spec.volumeName}")
	}
	password, claim := secret(), volume()
	s.run(t, s.factory, "destroy", "--yes")
	if pods := s.kubectl(t, "get", "pods,deployments,statefulsets,services,ingresses", "-n", "platform", "-o", "name"); pods != "" {
		t.Errorf("destroy left %s", pods)
	}
	s.run(t, s.factory, "deploy")
	if secret() != password || volume() != claim {
		t.Error("the password or the volume is another one")
	}
	if got := s.psql(t, "select count(*) from pod_metrics where pod_id = 'kept-by-the-volume'"); got != "1" {
		t.Errorf("%s kept rows, want 1", got)
	}
}

func destroyWithVolumes(t *testing.T, s *stack) {
	s.run(t, s.factory, "destroy", "--volumes", "--yes")
	if left := s.kubectl(t, "get", "all,pvc,secrets,configmaps,ingresses,networkpolicies,serviceaccounts,roles,rolebindings", "-n", "platform", "-o", "name", "--ignore-not-found"); left != "" {
		for line := range strings.SplitSeq(left, "\n") {
			if line != "configmap/kube-root-ca.crt" && line != "serviceaccount/default" {
				t.Errorf("destroy --volumes left %s", line)
			}
		}
	}
	if left := s.kubectl(t, "get", "pv", "-o", "name"); left != "" {
		eventually(t, 60*time.Second, func() error { return expect("volumes", s.kubectl(t, "get", "pv", "-o", "name"), "") })
	}
}

// unchanged fails the test when the release or a pod is another one.
func (s *stack) unchanged(t *testing.T, revision string, pods map[string]string) {
	t.Helper()
	if got := s.revision(t); got != revision {
		t.Errorf("revision %s, was %s", got, revision)
	}
	if got := s.podUIDs(t); !reflect.DeepEqual(got, pods) {
		t.Errorf("pods %v, were %v", got, pods)
	}
}

func (s *stack) pods() string {
	out, said, _ := s.try(s.cluster, "kubectl", "--kubeconfig", s.kubeconfig, "get", "pods,events", "-A")
	return out + said
}

// status is where the stack's cluster says it is.
func (s *stack) status(t *testing.T) (status struct{ NodeIP, Ingress string }) {
	t.Helper()
	if err := json.Unmarshal([]byte(s.run(t, s.cluster, "status", "--name", s.instance, "-o", "json")), &status); err != nil {
		t.Fatal(err)
	}
	return status
}

// ingress returns the address on which the cluster's ingress answers.
func (s *stack) ingress(t *testing.T) string {
	t.Helper()
	status := s.status(t)
	if status.Ingress == "" {
		return status.NodeIP
	}
	return status.Ingress
}

// trust returns the file that `up` told people to trust.
func (s *stack) trust(t *testing.T) string {
	t.Helper()
	return filepath.Join(s.home, "ca.pem")
}

// client is an HTTP client that trusts that file alone and resolves every name to the ingress.
func (s *stack) client(t *testing.T) *http.Client {
	t.Helper()
	pem, err := os.ReadFile(s.trust(t))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		t.Fatalf("%s holds no certificate", s.trust(t))
	}
	address := net.JoinHostPort(s.ingress(t), "443")
	return &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: pool},
		Dial:            func(string, string) (net.Conn, error) { return net.DialTimeout("tcp", address, 5*time.Second) },
	}}
}

func get(client *http.Client, path string) (status int, body string, err error) {
	response, err := client.Get("https://" + host + path)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	return response.StatusCode, string(content), err
}
