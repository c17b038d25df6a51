// Package kubetest gives tests a real Kubernetes API server: the project's own cluster without a node.
package kubetest

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// Cluster is a running API server.
type Cluster struct {
	// Client may do everything.
	Client kubernetes.Interface
	// Kubeconfig is the path of the file that Client was made from.
	Kubeconfig string

	config  *rest.Config
	program string
	args    []string
}

// Start starts an API server of the test's own and stops it when the test ends.
func Start(t testing.TB) *Cluster {
	t.Helper()
	program := os.Getenv("FACTORY_CLUSTER")
	if program == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			t.Fatal(err)
		}
		if own := os.Getenv("FACTORY_CACHE"); own != "" {
			cache = own
		} else {
			cache = filepath.Join(cache, "factory")
		}
		program = filepath.Join(cache, "bin", "factory-cluster")
	}
	if _, err := os.Stat(program); err != nil {
		t.Fatalf("this test needs a real API server: build it with `make cluster`, or name its program in FACTORY_CLUSTER (%v)", err)
	}
	// Not t.TempDir: the state holds unix sockets, whose paths have at most 107 bytes.
	state, err := os.MkdirTemp("", "kubetest-")
	if err != nil {
		t.Fatal(err)
	}
	c := &Cluster{program: program, args: []string{"--name", filepath.Base(state), "--state", state}}
	t.Cleanup(func() {
		c.Stop(t)
		_ = os.RemoveAll(state)
	})
	c.Resume(t)
	c.Kubeconfig = filepath.Join(state, "kubeconfig.yaml")
	c.config, err = clientcmd.BuildConfigFromFlags("", c.Kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	if c.Client, err = kubernetes.NewForConfig(c.config); err != nil {
		t.Fatal(err)
	}
	return c
}

// Resume starts a stopped API server again, with what it held.
func (c *Cluster) Resume(t testing.TB) {
	t.Helper()
	c.run(t, "start", "--no-node")
}

// Stop stops the API server.
func (c *Cluster) Stop(t testing.TB) {
	t.Helper()
	c.run(t, "stop")
}

func (c *Cluster) run(t testing.TB, args ...string) {
	t.Helper()
	if out, err := exec.Command(c.program, append(args, c.args...)...).CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v\n%s", c.program, args, err, out)
	}
}

// Namespace makes a namespace with this name.
func (c *Cluster) Namespace(t testing.TB, name string) {
	t.Helper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	if _, err := c.Client.CoreV1().Namespaces().Create(context.Background(), namespace, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

// Pod makes a pod that no node runs, and returns it as stored.
func (c *Cluster) Pod(t testing.TB, namespace, name string) *corev1.Pod {
	t.Helper()
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: corev1.PodSpec{
			Containers:                    []corev1.Container{{Name: "main", Image: "example.invalid/main"}},
			AutomountServiceAccountToken:  new(bool),
			TerminationGracePeriodSeconds: new(int64),
		},
	}
	made, err := c.Client.CoreV1().Pods(namespace).Create(context.Background(), pod, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// Play sets a pod's status as its kubelet would.
func (c *Cluster) Play(t testing.TB, pod *corev1.Pod, status corev1.PodStatus) {
	t.Helper()
	pod = pod.DeepCopy()
	pod.Status, pod.ResourceVersion = status, ""
	if _, err := c.Client.CoreV1().Pods(pod.Namespace).UpdateStatus(context.Background(), pod, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
}

// Delete removes a pod at once.
func (c *Cluster) Delete(t testing.TB, pod *corev1.Pod) {
	t.Helper()
	now := metav1.DeleteOptions{GracePeriodSeconds: new(int64)}
	if err := c.Client.CoreV1().Pods(pod.Namespace).Delete(context.Background(), pod.Name, now); err != nil {
		t.Fatal(err)
	}
}

// KubeconfigFor returns the path of a kubeconfig that carries a bearer token.
func (c *Cluster) KubeconfigFor(t testing.TB, token string) string {
	t.Helper()
	config := clientcmdapi.NewConfig()
	config.Clusters["c"] = &clientcmdapi.Cluster{Server: c.config.Host, CertificateAuthorityData: c.config.CAData, CertificateAuthority: c.config.CAFile}
	config.AuthInfos["u"] = &clientcmdapi.AuthInfo{Token: token}
	config.Contexts["x"] = &clientcmdapi.Context{Cluster: "c", AuthInfo: "u"}
	config.CurrentContext = "x"
	path := filepath.Join(t.TempDir(), "kubeconfig.yaml")
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		t.Fatal(err)
	}
	return path
}
