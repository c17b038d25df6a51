package deploy_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/helm-chart-factory/factory/factory/clustertest"
	"github.com/helm-chart-factory/factory/factory/deploy"
)

func destroy(t *testing.T, opts deploy.Options, volumes bool) *deploy.Destroyed {
	t.Helper()
	destroyed, err := deploy.Destroy(t.Context(), deploy.DestroyOptions{
		Cluster: opts.Cluster, Name: opts.Name, Namespace: opts.Namespace, Volumes: volumes, Timeout: 30 * time.Second,
	})
	if err != nil {
		t.Fatalf("destroy: %v", err)
	}
	return destroyed
}

func wantList(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s %v, want %v", what, got, want)
	}
}

func TestDestroyKeepsVolumesAndSecretsForTheNextDeploy(t *testing.T) {
	opts := options(t)
	clustertest.RunPods(t, opts.Cluster, opts.Namespace, nil)
	apply(t, opts)
	destroyed := destroy(t, opts, false)
	wantList(t, "removed", destroyed.Removed, "release/shop")
	wantList(t, "kept", destroyed.Kept, "persistentvolumeclaim/data-db-0", "secret/db")
	pods, err := client(t, opts).CoreV1().Pods(opts.Namespace).List(t.Context(), metav1.ListOptions{})
	if err != nil || len(pods.Items) != 0 {
		t.Errorf("pods are left: %d %v", len(pods.Items), err)
	}
	if result := apply(t, opts); result.Revision != 1 {
		t.Errorf("got %+v, want a first revision again", result)
	}
}

func TestDestroyVolumesLeavesNothing(t *testing.T) {
	opts := options(t)
	clustertest.RunPods(t, opts.Cluster, opts.Namespace, nil)
	apply(t, opts)
	destroyed := destroy(t, opts, true)
	wantList(t, "removed", destroyed.Removed, "release/shop", "persistentvolumeclaim/data-db-0", "secret/db", "namespace/"+opts.Namespace)
	wantList(t, "kept", destroyed.Kept)
	if _, err := client(t, opts).CoreV1().Namespaces().Get(t.Context(), opts.Namespace, metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("the namespace is still there: %v", err)
	}
}

func TestDestroyVolumesAfterDestroyRemovesWhatWasKept(t *testing.T) {
	opts := options(t)
	clustertest.RunPods(t, opts.Cluster, opts.Namespace, nil)
	apply(t, opts)
	destroy(t, opts, false)
	destroyed := destroy(t, opts, true)
	wantList(t, "removed", destroyed.Removed, "persistentvolumeclaim/data-db-0", "secret/db", "namespace/"+opts.Namespace)
}

func TestDestroyNeverRemovesWhatIsNotOurs(t *testing.T) {
	opts := options(t)
	opts.Namespace = clustertest.Namespace(t, opts.Cluster)
	clustertest.RunPods(t, opts.Cluster, opts.Namespace, nil)
	apply(t, opts)
	theirs := &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: "theirs"}, Spec: corev1.PersistentVolumeClaimSpec{
		AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
		Resources:   corev1.VolumeResourceRequirements{Requests: testStorage()},
	}}
	claims := client(t, opts).CoreV1().PersistentVolumeClaims(opts.Namespace)
	if _, err := claims.Create(t.Context(), theirs, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	destroyed := destroy(t, opts, true)
	wantList(t, "kept", destroyed.Kept, "namespace/"+opts.Namespace)
	if _, err := claims.Get(t.Context(), "theirs", metav1.GetOptions{}); err != nil {
		t.Errorf("another's claim: %v", err)
	}
}

func TestDestroyKeepsANamespaceThatOthersMovedInto(t *testing.T) {
	opts := options(t)
	clustertest.RunPods(t, opts.Cluster, opts.Namespace, nil)
	apply(t, opts)
	guest := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "guest"}}
	if _, err := client(t, opts).CoreV1().ConfigMaps(opts.Namespace).Create(t.Context(), guest, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	wantList(t, "kept", destroy(t, opts, true).Kept, "namespace/"+opts.Namespace)
}

func TestDestroyOfNothingIsNoError(t *testing.T) {
	opts := options(t)
	if destroyed := destroy(t, opts, true); !destroyed.Nothing() {
		t.Errorf("removed %v", destroyed.Removed)
	}
	opts.Namespace = clustertest.Namespace(t, opts.Cluster)
	if destroyed := destroy(t, opts, false); !destroyed.Nothing() {
		t.Errorf("removed %v", destroyed.Removed)
	}
}

func TestDestroyTellsWhoHoldsWhatDoesNotGo(t *testing.T) {
	opts := options(t)
	clustertest.RunPods(t, opts.Cluster, opts.Namespace, nil)
	apply(t, opts)
	hold := func(finalizers string) {
		patch := []byte(`{"metadata":{"finalizers":` + finalizers + `}}`)
		_, err := client(t, opts).CoreV1().Services(opts.Namespace).Patch(context.Background(), "web", types.MergePatchType, patch, metav1.PatchOptions{FieldManager: "balancer"})
		if err != nil {
			t.Error(err)
		}
	}
	hold(`["example.com/balancer"]`)
	t.Cleanup(func() { hold("null") })
	var said []string
	_, err := deploy.Destroy(t.Context(), deploy.DestroyOptions{
		Cluster: opts.Cluster, Name: opts.Name, Namespace: opts.Namespace, Timeout: 13 * time.Second,
		Say: func(format string, args ...any) { said = append(said, fmt.Sprintf(format, args...)) },
	})
	want := `release "shop" is not gone after 13s: service/web is held by the finalizer example.com/balancer, written by balancer` + "\n" +
		"next: see why its controller does not let go; if there is none any more: " +
		`kubectl patch service web --type merge -p '{"metadata":{"finalizers":null}}' -n ` + opts.Namespace
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if want := "waiting for 1 objects to be gone: service/web is held by the finalizer example.com/balancer, written by balancer"; !slices.Contains(said, want) {
		t.Errorf("said %q, want %q", said, want)
	}
}
