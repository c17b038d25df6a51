package kube_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	appsv1 "k8s.io/api/apps/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/helm-chart-factory/factory/services/backend/api"
	"github.com/helm-chart-factory/factory/services/backend/kube"
	"github.com/helm-chart-factory/factory/services/backend/kube/kubetest"
)

const patience = 60 * time.Second

// seen collects what a Watcher observes.
type seen struct {
	mu   sync.Mutex
	last map[string][]string // by pod name: its statuses, repeats left out
}

func (s *seen) observe(o api.Observation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if statuses := s.last[o.PodName]; len(statuses) == 0 || statuses[len(statuses)-1] != o.Status {
		s.last[o.PodName] = append(statuses, o.Status)
	}
}

func (s *seen) of(pod string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.last[pod], " ")
}

// watch runs a Watcher for the length of the test.
func watch(t *testing.T, kubeconfig, namespace string) (*kube.Watcher, *seen) {
	t.Helper()
	s := &seen{last: map[string][]string{}}
	w, err := kube.Open(kube.Options{
		Namespace: namespace, Kubeconfig: kubeconfig, Observe: s.observe, Log: slog.New(slog.DiscardHandler),
		Registry: prometheus.NewRegistry(),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); w.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		select {
		case <-done:
		case <-time.After(5 * time.Second):
			t.Error("Run did not return within 5 s of its context's end")
		}
	})
	return w, s
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("waited %s for %s", patience, what)
}

func TestWatcherAgainstAnAPIServer(t *testing.T) {
	cluster := kubetest.Start(t)
	t.Run("pods and deployments", func(t *testing.T) { testObjects(t, cluster) })
	t.Run("rights", func(t *testing.T) { testRights(t, cluster) })
	t.Run("an API server that goes away and comes back", func(t *testing.T) { testOutage(t, cluster) })
}

func testObjects(t *testing.T, cluster *kubetest.Cluster) {
	ctx := context.Background()
	cluster.Namespace(t, "objects")
	cluster.Namespace(t, "elsewhere")
	cluster.Pod(t, "elsewhere", "not-ours")
	zebra, ant := cluster.Pod(t, "objects", "zebra"), cluster.Pod(t, "objects", "ant")
	two := int32(2)
	labels := map[string]string{"app": "web"}
	_, err := cluster.Client.AppsV1().Deployments("objects").Create(ctx, &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "web"},
		Spec: appsv1.DeploymentSpec{Replicas: &two, Paused: true, Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: "example.invalid/c"}}}}},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}

	w, seen := watch(t, cluster.Kubeconfig, "objects")
	eventually(t, "the first list", func() bool { return w.Ready() == nil })
	eventually(t, "both pods", func() bool { pods, _ := w.Pods(); return len(pods) == 2 })
	pods, err := w.Pods()
	if err != nil {
		t.Fatal(err)
	}
	want := []api.Pod{
		{Name: "ant", ID: string(ant.UID), Status: "Pending", Phase: "Pending", Created: ant.CreationTimestamp.Time},
		{Name: "zebra", ID: string(zebra.UID), Status: "Pending", Phase: "Pending", Created: zebra.CreationTimestamp.Time},
	}
	if !slices.EqualFunc(pods, want, samePod) {
		t.Errorf("pods\n got %+v\nwant %+v", pods, want)
	}
	eventually(t, "the deployment", func() bool { d, _ := w.Deployments(); return len(d) == 1 })
	deployments, err := w.Deployments()
	if err != nil || deployments[0].Name != "web" || deployments[0].Replicas != 2 || deployments[0].Created.IsZero() {
		t.Errorf("deployments %+v, %v", deployments, err)
	}

	crashing := waitingFor("CrashLoopBackOff")
	cluster.Play(t, zebra, corev1.PodStatus{Phase: corev1.PodRunning, ContainerStatuses: []corev1.ContainerStatus{crashing}})
	eventually(t, "a change", func() bool {
		pods, _ := w.Pods()
		return pods[1].Status == "CrashLoopBackOff" && pods[1].Phase == "Running"
	})
	if gone, err := w.Gone(ctx, "zebra", string(zebra.UID)); gone || err != nil {
		t.Errorf("Gone of a living pod: %v, %v", gone, err)
	}
	cluster.Delete(t, zebra)
	eventually(t, "the deletion", func() bool { pods, _ := w.Pods(); return len(pods) == 1 })
	eventually(t, "the last observation", func() bool { return strings.HasSuffix(seen.of("zebra"), "Terminated") })
	// Even a deletion without grace may show itself as an update first.
	if got := strings.Replace(seen.of("zebra"), "Terminating ", "", 1); got != "Pending CrashLoopBackOff Terminated" {
		t.Errorf("observed %s", got)
	}
	if gone, err := w.Gone(ctx, "zebra", string(zebra.UID)); !gone || err != nil {
		t.Errorf("Gone of a deleted pod: %v, %v", gone, err)
	}
	if gone, err := w.Gone(ctx, "ant", "the-id-of-an-earlier-ant"); !gone || err != nil {
		t.Errorf("Gone of a pod whose name another has taken: %v, %v", gone, err)
	}
	if got := seen.of("not-ours"); got != "" {
		t.Errorf("observed a pod of another namespace: %s", got)
	}
}

func samePod(a, b api.Pod) bool {
	return a.Created.Equal(b.Created) && a.Name == b.Name && a.ID == b.ID && a.Status == b.Status && a.Phase == b.Phase && a.Node == b.Node
}

func waitingFor(reason string) corev1.ContainerStatus {
	return corev1.ContainerStatus{Name: "main", State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason}}}
}

// testRights proves that the rights which the README names are enough, and that without them the reason says so.
func testRights(t *testing.T, cluster *kubetest.Cluster) {
	ctx := context.Background()
	const namespace = "rights"
	cluster.Namespace(t, namespace)
	cluster.Pod(t, namespace, "one")
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "backend"}}
	if _, err := cluster.Client.CoreV1().ServiceAccounts(namespace).Create(ctx, account, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	token, err := cluster.Client.CoreV1().ServiceAccounts(namespace).CreateToken(ctx, "backend", &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	kubeconfig := cluster.KubeconfigFor(t, token.Status.Token)

	w, _ := watch(t, kubeconfig, namespace)
	wantReason(t, w, "access is forbidden: the ServiceAccount needs get, list and watch on pods and deployments.apps in namespace rights")
	if _, err := w.Pods(); err == nil {
		t.Error("pods are answered without any right to them")
	}
	if _, err := w.Gone(ctx, "one", "id"); err == nil {
		t.Error("Gone calls a pod gone that it may not look at")
	}
	stranger, _ := watch(t, cluster.KubeconfigFor(t, "not-a-token"), namespace)
	wantReason(t, stranger, "the credentials were refused")

	verbs := []string{"get", "list", "watch"}
	role := &rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Name: "backend"}, Rules: []rbacv1.PolicyRule{
		{APIGroups: []string{""}, Resources: []string{"pods"}, Verbs: verbs},
		{APIGroups: []string{"apps"}, Resources: []string{"deployments"}, Verbs: verbs},
	}}
	if _, err := cluster.Client.RbacV1().Roles(namespace).Create(ctx, role, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	binding := &rbacv1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Name: "backend"},
		RoleRef:  rbacv1.RoleRef{APIGroup: "rbac.authorization.k8s.io", Kind: "Role", Name: "backend"},
		Subjects: []rbacv1.Subject{{Kind: "ServiceAccount", Name: "backend", Namespace: namespace}}}
	if _, err := cluster.Client.RbacV1().RoleBindings(namespace).Create(ctx, binding, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the new rights to be used", func() bool { return w.Ready() == nil })
	eventually(t, "the pod", func() bool { pods, err := w.Pods(); return err == nil && len(pods) == 1 })
}

func wantReason(t *testing.T, w *kube.Watcher, want string) {
	t.Helper()
	var last error
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		var known *api.Error
		if last = w.Ready(); errors.As(last, &known) && known.Code == api.KubernetesUnavailable && strings.Contains(known.Message, want) {
			return
		}
	}
	t.Fatalf("not ready because of %v, want %q", last, want)
}

func testOutage(t *testing.T, cluster *kubetest.Cluster) {
	cluster.Namespace(t, "outage")
	first := cluster.Pod(t, "outage", "first")
	w, seen := watch(t, cluster.Kubeconfig, "outage")
	eventually(t, "the first list", func() bool { return w.Ready() == nil })

	cluster.Stop(t)
	if pods, err := w.Pods(); err != nil || len(pods) != 1 {
		t.Errorf("while the API server is away: %v, %v; want the last list", pods, err)
	}
	late, _ := watch(t, cluster.Kubeconfig, "outage")
	wantReason(t, late, "the API server cannot be reached")
	cluster.Resume(t)
	cluster.Delete(t, first)
	cluster.Pod(t, "outage", "second")
	for _, watcher := range []*kube.Watcher{w, late} {
		eventually(t, "the watch to go on", func() bool {
			pods, err := watcher.Pods()
			return err == nil && len(pods) == 1 && pods[0].Name == "second"
		})
	}
	eventually(t, "the deletion", func() bool { return strings.HasSuffix(seen.of("first"), "Terminated") })
}

func TestWithoutACluster(t *testing.T) {
	for _, name := range []string{"KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT", "KUBECONFIG"} {
		t.Setenv(name, "")
	}
	t.Setenv("HOME", t.TempDir())
	var log bytes.Buffer
	w, err := kube.Open(kube.Options{Namespace: "platform", Log: slog.New(slog.NewTextHandler(&log, nil)), Registry: prometheus.NewRegistry()})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log.String(), "no Kubernetes cluster: deployments, pods and stats will answer 503") {
		t.Errorf("the log does not say it: %s", &log)
	}
	w.Run(context.Background()) // returns: there is nothing to do
	wantReason(t, w, "not in a cluster and no kubeconfig: set KUBECONFIG")
	if _, err := w.Pods(); err == nil {
		t.Error("Pods answers without a cluster")
	}
	if _, err := w.Deployments(); err == nil {
		t.Error("Deployments answers without a cluster")
	}
}

func TestKubeconfigThatIsNotThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "nothing.yaml")
	t.Setenv("KUBECONFIG", path)
	_, err := kube.Open(kube.Options{Kubeconfig: path, Log: slog.New(slog.DiscardHandler), Registry: prometheus.NewRegistry()})
	if err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("error %v, want one that names the file", err)
	}
}
