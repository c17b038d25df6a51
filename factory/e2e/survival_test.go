//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/helm-chart-factory/factory/factory/clustertest"
	"github.com/helm-chart-factory/factory/factory/kube"
	"github.com/helm-chart-factory/factory/factory/registry"
)

// survives takes away, in the middle of a deploy, what the deploy stands on. Each time nothing is lost and the next deploy
// is green.
func survives(t *testing.T, s *stack) {
	for _, part := range []struct {
		name string
		run  func(*testing.T, *stack)
	}{
		{"the API server is restarted", apiServerRestarts},
		{"the database's pod is deleted", databasePodGoes},
		{"the registry is stopped", registryStops},
		{"the node's agent is stopped for a minute", nodeAgentStops},
	} {
		ok := t.Run(part.name, func(t *testing.T) {
			start, kept := time.Now(), s.keepsakes(t)
			part.run(t, s)
			s.run(t, s.factory, "deploy")
			s.run(t, s.factory, "plan", "--detailed-exitcode") // nothing is left to do
			if now := s.keepsakes(t); now != kept {
				t.Errorf("%s\nbecame %s", kept, now)
			}
			t.Logf("took %s", time.Since(start).Round(time.Second))
		})
		if !ok {
			t.FailNow()
		}
	}
	// Whoever counts pods next sees no old ones.
	eventually(t, time.Minute, func() error {
		return expect("pods that are to go", s.kubectl(t, "get", "pods", "-n", "platform", "-o", "jsonpath={.items[*].metadata.deletionTimestamp}"), "")
	})
}

// keepsakes are what no deploy may lose: the password, the volume, and a row that was written before.
func (s *stack) keepsakes(t *testing.T) string {
	t.Helper()
	const row = "'survivor'"
	s.psql(t, "insert into pod_metrics (pod_name, pod_id, status) select 'kept', "+row+", 'Running' where not exists (select 1 from pod_metrics where pod_id = "+row+")")
	return strings.Join([]string{
		s.kubectl(t, "get", "secret", "-n", "platform", "-l", "app.kubernetes.io/name=database", "-o", "jsonpath={.items[0].data}"),
		s.kubectl(t, "get", "pvc", "-n", "platform", "-o", "jsonpath={.items[*].spec.volumeName}"),
		s.psql(t, "select count(*) from pod_metrics where pod_id = "+row),
	}, " ")
}

func apiServerRestarts(t *testing.T, s *stack) {
	s.annotateBackend(t, "restarted")
	d := s.begin(t, "deploy")
	s.signal(t, "kube-apiserver", syscall.SIGKILL)
	if code := d.exitCode(t); code != 0 || !strings.Contains(d.said.String(), "does not answer: trying again for up to 1m0s") {
		t.Errorf("it ended with %d:\n%s", code, d.said.String())
	}
}

func databasePodGoes(t *testing.T, s *stack) {
	s.annotateBackend(t, "without database")
	d := s.begin(t, "deploy")
	s.kubectl(t, "delete", "pod", "database-0", "-n", "platform", "--wait=false")
	if code := d.exitCode(t); code != 0 {
		t.Errorf("it ended with %d:\n%s", code, d.said.String())
	}
	s.kubectl(t, "rollout", "status", "statefulset/database", "-n", "platform", "--timeout=60s")
}

func registryStops(t *testing.T, s *stack) {
	port, err := strconv.Atoi(registryPort)
	if err != nil {
		t.Fatal(err)
	}
	s.relabelImage(t, "frontend")
	// Not longer than it takes to see: each pull that fails makes the node's agent wait longer for the next one.
	d := s.begin(t, "deploy", "--timeout", "8s")
	if stopped, err := registry.Stop(t.Context(), registry.Options{Port: port, Dir: registry.Dir(s.home, port)}, false); err != nil || !stopped {
		t.Fatalf("stopping the registry: %t %v", stopped, err)
	}
	code := d.exitCode(t)
	for _, part := range []string{"the node cannot reach the registry localhost:" + registryPort, "factory setup-registry", "evidence saved in "} {
		if code != 1 || !strings.Contains(d.said.String(), part) {
			t.Errorf("exit code %d, want 1 and %q:\n%s", code, part, d.said.String())
		}
	}
	if status, _, err := get(s.client(t), "/"); err != nil || status != http.StatusOK {
		t.Errorf("the pods of before do not serve meanwhile: %d %v", status, err)
	}
	s.run(t, s.factory, "setup-registry")
}

// The agent is stopped rather than killed: the cluster's supervisor starts a dead one again within a second.
func nodeAgentStops(t *testing.T, s *stack) {
	s.annotateBackend(t, "without agent")
	s.signal(t, "kubelet", syscall.SIGSTOP)
	back := time.After(time.Minute)
	t.Cleanup(func() { s.signal(t, "kubelet", syscall.SIGCONT) })
	d := s.begin(t, "deploy", "--timeout", "50s")
	code := d.exitCode(t)
	for _, part := range []string{
		"deployment/backend: Pending: node " + instance + " has not begun with the pod: the node does not answer",
		"its agent was last heard of ", "next    look at the node's agent",
	} {
		if code != 1 || !strings.Contains(d.said.String(), part) {
			t.Errorf("exit code %d, want 1 and %q:\n%s", code, part, d.said.String())
		}
	}
	<-back
	s.signal(t, "kubelet", syscall.SIGCONT)
	s.annotateBackend(t, "")
}

// annotateBackend changes the backend's pods, so that the next deploy has something to roll out; no value takes that back.
func (s *stack) annotateBackend(t *testing.T, value string) {
	t.Helper()
	file := filepath.Join(s.dir, "services", "backend", "service.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, _, _ := strings.Cut(string(text), "\npodAnnotations:")
	spec := strings.TrimRight(before, "\n") + "\n"
	if value != "" {
		spec += "podAnnotations: {e2e: " + value + "}\n"
	}
	if err := os.WriteFile(file, []byte(spec), 0o600); err != nil {
		t.Fatal(err)
	}
	s.run(t, s.factory, "sync")
}

// relabelImage pushes a service's image with another digest, as a rebuild does.
func (s *stack) relabelImage(t *testing.T, service string) {
	t.Helper()
	ref, err := name.ParseReference(s.registry + "/" + service + ":latest")
	if err != nil {
		t.Fatal(err)
	}
	image, err := remote.Image(ref)
	if err != nil {
		t.Fatal(err)
	}
	file, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	config := file.Config.DeepCopy()
	config.Labels = map[string]string{"e2e": time.Now().String()}
	if image, err = mutate.Config(image, *config); err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(ref, image); err != nil {
		t.Fatal(err)
	}
}

// begin starts a deploy and returns as soon as it writes.
func (s *stack) begin(t *testing.T, args ...string) *background {
	t.Helper()
	secrets := s.api(t).CoreV1().Secrets("platform")
	written, err := secrets.Watch(t.Context(), metav1.ListOptions{LabelSelector: "owner=helm,name=platform,status=pending-upgrade"})
	if err != nil {
		t.Fatal(err)
	}
	defer written.Stop()
	b := s.background(t, args...)
	select {
	case <-written.ResultChan():
	case <-time.After(time.Minute):
		t.Fatalf("factory %s has not written anything:\n%s", strings.Join(args, " "), &b.said)
	}
	return b
}

// exitCode waits for the end.
func (b *background) exitCode(t *testing.T) int {
	t.Helper()
	_ = b.Wait() // the exit code tells
	t.Logf("factory %s:\n%s%s", strings.Join(b.Args[1:], " "), &b.out, &b.said)
	return b.ProcessState.ExitCode()
}

func (s *stack) api(t *testing.T) kubernetes.Interface {
	t.Helper()
	cluster, err := kube.Open(kube.Named, s.kubeconfig, "")
	if err != nil {
		t.Fatal(err)
	}
	client, err := cluster.Client()
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// signal sends a signal to a component of the cluster.
func (s *stack) signal(t *testing.T, component string, signal syscall.Signal) {
	t.Helper()
	var status struct{ NodePID int }
	err := json.Unmarshal([]byte(s.run(t, s.cluster, "status", "--name", s.instance, "-o", "json")), &status)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := clustertest.Process(status.NodePID, component)
	if err == nil {
		err = syscall.Kill(pid, signal)
	}
	if err != nil {
		t.Fatal(fmt.Errorf("sending %s to the %s: %w", signal, component, err))
	}
}
