package deploy_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/helm-chart-factory/factory/factory/clustertest"
	"github.com/helm-chart-factory/factory/factory/deploy"
	"github.com/helm-chart-factory/factory/factory/deploy/diagnose"
	"github.com/helm-chart-factory/factory/factory/deploy/rollout"
)

// options are those of a deploy of testdata/umbrella into a namespace that does not exist yet. The test runs beside others
// from then on: what it waits for is the API server, mostly.
func options(t *testing.T) deploy.Options {
	t.Helper()
	t.Parallel()
	cluster := clustertest.Cluster(t)
	return deploy.Options{
		Cluster: cluster, Name: "shop", Namespace: clustertest.Name(t, cluster),
		Chart: deploy.FromDir("testdata/umbrella"), Timeout: 30 * time.Second, MadeBy: "test",
		Values: map[string]any{"web": map[string]any{"image": map[string]any{"digest": digest('a')}}},
	}
}

func digest(letter byte) string { return "sha256:" + strings.Repeat(string(letter), 64) }

func client(t *testing.T, opts deploy.Options) kubernetes.Interface {
	t.Helper()
	client, err := opts.Cluster.Client()
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func apply(t *testing.T, opts deploy.Options) *deploy.Result {
	t.Helper()
	result, err := deploy.Apply(t.Context(), opts)
	if err != nil {
		t.Fatalf("deploy: %v", err)
	}
	return result
}

func wantReleases(t *testing.T, opts deploy.Options, want string) {
	t.Helper()
	if got := clustertest.Revisions(t, opts.Cluster, opts.Namespace, opts.Name); got != want {
		t.Errorf("stored releases: %s; want %s", got, want)
	}
}

func TestApplyInstallsIntoANamespaceOfItsOwn(t *testing.T) {
	opts := options(t)
	clustertest.RunPods(t, opts.Cluster, opts.Namespace, nil)
	result := apply(t, opts)
	if !result.Changed || result.Revision != 1 {
		t.Errorf("got %+v, want a first revision", result)
	}
	wantReleases(t, opts, "1 deployed")
	namespace, err := client(t, opts).CoreV1().Namespaces().Get(t.Context(), opts.Namespace, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if namespace.Labels[deploy.MadeByLabel] != "test" || namespace.Labels["pod-security.kubernetes.io/enforce"] != "restricted" {
		t.Errorf("labels of the namespace: %v", namespace.Labels)
	}
	secret, err := client(t, opts).CoreV1().Secrets(opts.Namespace).Get(t.Context(), "sh.helm.release.v1.shop.v1", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if secret.Labels[deploy.MadeByLabel] != "test" {
		t.Errorf("labels of the release: %v", secret.Labels)
	}
	web, err := client(t, opts).AppsV1().Deployments(opts.Namespace).Get(t.Context(), "web", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if want := "example.invalid/web@" + digest('a'); web.Spec.Template.Spec.Containers[0].Image != want {
		t.Errorf("image %s, want %s", web.Spec.Template.Spec.Containers[0].Image, want)
	}
	if manager := web.ManagedFields[0].Manager; manager != "helm" {
		t.Errorf("fields are managed by %q, want helm", manager)
	}
}

func TestApplyAgainWritesNothing(t *testing.T) {
	opts := options(t)
	clustertest.RunPods(t, opts.Cluster, opts.Namespace, nil)
	apply(t, opts)
	before := versions(t, opts)
	result := apply(t, opts)
	if result.Changed || result.Revision != 1 {
		t.Errorf("got %+v, want revision 1 unchanged", result)
	}
	if after := versions(t, opts); after != before {
		t.Errorf("objects changed:\nbefore %s\nafter  %s", before, after)
	}
}

// versions lists the resource versions of what a deploy could write.
func versions(t *testing.T, opts deploy.Options) string {
	t.Helper()
	var found strings.Builder
	c := client(t, opts)
	secrets, err := c.CoreV1().Secrets(opts.Namespace).List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, object := range secrets.Items {
		fmt.Fprintf(&found, "%s:%s ", object.Name, object.ResourceVersion)
	}
	leases, err := c.CoordinationV1().Leases(opts.Namespace).List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, object := range leases.Items {
		fmt.Fprintf(&found, "%s:%s ", object.Name, object.ResourceVersion)
	}
	deployments, err := c.AppsV1().Deployments(opts.Namespace).List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, object := range deployments.Items {
		fmt.Fprintf(&found, "%s:%d ", object.Name, object.Generation)
	}
	return found.String()
}

func TestApplyRollsANewDigest(t *testing.T) {
	opts := options(t)
	clustertest.RunPods(t, opts.Cluster, opts.Namespace, nil)
	apply(t, opts)
	opts.Values = map[string]any{"web": map[string]any{"image": map[string]any{"digest": digest('b')}}}
	if result := apply(t, opts); !result.Changed || result.Revision != 2 {
		t.Errorf("got %+v, want revision 2", result)
	}
	wantReleases(t, opts, "1 superseded, 2 deployed")
}

func TestApplyKeepsTheGeneratedPassword(t *testing.T) {
	opts := options(t)
	clustertest.RunPods(t, opts.Cluster, opts.Namespace, nil)
	password := func() string {
		secret, err := client(t, opts).CoreV1().Secrets(opts.Namespace).Get(t.Context(), "db", metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return string(secret.Data["password"])
	}
	apply(t, opts)
	first := password()
	opts.Values = map[string]any{"web": map[string]any{"replicas": 1}}
	apply(t, opts)
	if second := password(); second != first || len(first) != 24 {
		t.Errorf("password %q became %q", first, second)
	}
}

func TestApplyBringsBackWhatWasDeleted(t *testing.T) {
	opts := options(t)
	clustertest.RunPods(t, opts.Cluster, opts.Namespace, nil)
	apply(t, opts)
	if err := client(t, opts).CoreV1().Services(opts.Namespace).Delete(t.Context(), "web", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	if result := apply(t, opts); !result.Changed {
		t.Errorf("got %+v, want a repair", result)
	}
	if _, err := client(t, opts).CoreV1().Services(opts.Namespace).Get(t.Context(), "web", metav1.GetOptions{}); err != nil {
		t.Error(err)
	}
}

func TestApplyBoundsTheHistory(t *testing.T) {
	opts := options(t)
	clustertest.RunPods(t, opts.Cluster, opts.Namespace, nil)
	for i := range 12 {
		opts.Values = map[string]any{"web": map[string]any{"image": map[string]any{"tag": fmt.Sprint("v", i)}}}
		opts.Chart = deploy.FromDir("testdata/settings")
		apply(t, opts)
	}
	if got := strings.Count(clustertest.Revisions(t, opts.Cluster, opts.Namespace, opts.Name), ","); got != 9 {
		t.Errorf("%d revisions are stored, want 10: %s", got+1, clustertest.Revisions(t, opts.Cluster, opts.Namespace, opts.Name))
	}
}

func TestInterruptLeavesAFailedReleaseThatTheNextApplyContinues(t *testing.T) {
	opts := options(t)
	ctx, interrupt := context.WithCancel(t.Context())
	opts.Show = func(states []rollout.State) {
		if len(states) > 0 {
			interrupt()
		}
	}
	start := time.Now()
	if _, err := deploy.Apply(ctx, opts); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, want the interrupt", err)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("the interrupt took %s", took)
	}
	wantReleases(t, opts, "1 failed")
	leases, err := client(t, opts).CoordinationV1().Leases(opts.Namespace).List(t.Context(), metav1.ListOptions{})
	if err != nil || len(leases.Items) != 0 {
		t.Errorf("leases are left: %v %v", leases.Items, err)
	}
	opts.Show = nil
	clustertest.RunPods(t, opts.Cluster, opts.Namespace, nil)
	if result := apply(t, opts); result.Revision != 2 {
		t.Errorf("got %+v, want revision 2", result)
	}
	wantReleases(t, opts, "1 superseded, 2 deployed")
}

func TestTimeoutReportsWhatIsNotReady(t *testing.T) {
	opts := options(t)
	opts.Timeout = 3 * time.Second
	clustertest.RunPods(t, opts.Cluster, opts.Namespace, func(pod *corev1.Pod) *corev1.PodStatus {
		if !strings.HasPrefix(pod.Name, "web") {
			return nil
		}
		return &corev1.PodStatus{Phase: corev1.PodPending, ContainerStatuses: []corev1.ContainerStatus{{
			Name: "web", Image: "example.invalid/web:latest",
			State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{
				Reason: "ErrImagePull", Message: "failed to pull: example.invalid/web:latest: not found",
			}},
		}}}
	})
	_, err := deploy.Apply(t.Context(), opts)
	var notReady *rollout.NotReadyError
	if !errors.As(err, &notReady) {
		t.Fatalf("got %v, want a NotReadyError", err)
	}
	i := slices.IndexFunc(notReady.Findings, func(f diagnose.Finding) bool { return f.Object == "deployment/web" })
	if i < 0 {
		t.Fatalf("findings: %+v", notReady.Findings)
	}
	finding := notReady.Findings[i]
	if finding.Container != "web" || finding.Reason != "ImagePullBackOff" ||
		finding.Cause != "the registry has no image example.invalid/web:latest" || finding.Next != "factory build web" {
		t.Errorf("finding: %+v", finding)
	}
	wantReleases(t, opts, "1 failed")
}
