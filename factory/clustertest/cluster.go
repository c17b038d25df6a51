// Package clustertest gives tests a real Kubernetes API: the embedded cluster without its node. Controllers run there,
// pods do not; a test that needs running pods plays their kubelet with RunPods.
package clustertest

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/helm-chart-factory/factory/factory/kube"
	"github.com/helm-chart-factory/factory/factory/paths"
)

// Kubeconfig names the environment variable with the kubeconfig of the tests' API server. When it is set from outside,
// that server is used and left running: several packages can share one.
const Kubeconfig = "FACTORY_TEST_KUBECONFIG"

// Run starts an API server for a package's tests, runs them and stops it. Call it from TestMain:
//
//	func TestMain(m *testing.M) { os.Exit(clustertest.Run(m)) }
func Run(m *testing.M) int {
	if os.Getenv(Kubeconfig) != "" {
		return m.Run()
	}
	server, err := start()
	if err == nil {
		err = os.Setenv(Kubeconfig, server.kubeconfig())
		defer server.stop()
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "no API server for these tests: %v\n", err)
		return 1
	}
	return m.Run()
}

// server is a control plane without a node.
type server struct{ program, name, state string }

func start() (*server, error) {
	program := os.Getenv("FACTORY_CLUSTER")
	if program == "" {
		program = filepath.Join(paths.Cache(), "bin", "factory-cluster")
	}
	if _, err := os.Stat(program); err != nil {
		return nil, fmt.Errorf("factory-cluster is not built: run `make cluster` (%w)", err)
	}
	state, err := os.MkdirTemp("", "factory-clustertest-")
	if err != nil {
		return nil, err
	}
	s := &server{program: program, name: "test" + strings.ToLower(rand.Text()[:8]), state: state}
	if _, err := s.run("start", "--no-node"); err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

func (s *server) run(args ...string) (string, error) {
	command := exec.Command(s.program, append(args, "--name", s.name, "--state", s.state)...)
	var said bytes.Buffer
	command.Stderr = &said
	out, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s%s", s.program, strings.Join(args, " "), err, out, said.String())
	}
	return string(out), nil
}

func (s *server) stop() {
	if _, err := s.run("stop"); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.RemoveAll(s.state)
}

func (s *server) kubeconfig() string { return filepath.Join(s.state, "kubeconfig.yaml") }

// Cluster returns the tests' API server.
func Cluster(t testing.TB) *kube.Cluster {
	t.Helper()
	path := os.Getenv(Kubeconfig)
	if path == "" {
		t.Fatalf("no API server: TestMain has to call clustertest.Run")
	}
	cluster, err := kube.Open(kube.Named, path, "")
	if err != nil {
		t.Fatal(err)
	}
	return cluster
}

// Name returns a name for a namespace that no other test uses, and removes that namespace after the test.
func Name(t testing.TB, cluster *kube.Cluster) string {
	t.Helper()
	name := "t-" + strings.ToLower(rand.Text()[:10])
	client, err := cluster.Client()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = client.CoreV1().Namespaces().Delete(context.Background(), name, metav1.DeleteOptions{})
	})
	return name
}

// Namespace creates a namespace of the test's own and removes it afterwards.
func Namespace(t testing.TB, cluster *kube.Cluster) string {
	t.Helper()
	name := Name(t, cluster)
	client, err := cluster.Client()
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// Revisions lists the stored revisions of a Helm release, as "1 superseded, 2 deployed".
func Revisions(t testing.TB, cluster *kube.Cluster, namespace, release string) string {
	t.Helper()
	client, err := cluster.Client()
	if err != nil {
		t.Fatal(err)
	}
	list, err := client.CoreV1().Secrets(namespace).List(t.Context(), metav1.ListOptions{LabelSelector: "owner=helm,name=" + release})
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, secret := range list.Items {
		found = append(found, secret.Labels["version"]+" "+secret.Labels["status"])
	}
	return strings.Join(found, ", ")
}
