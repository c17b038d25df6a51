package clustertest

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/helm-chart-factory/factory/factory/kube"
)

// StorageClass makes a class of the test's own and plays its driver in a namespace until the test ends: claims of the
// class get a volume, and a bigger one when they ask for it, if the class lets them.
func StorageClass(t testing.TB, cluster *kube.Cluster, namespace string, grows bool) (name string) {
	t.Helper()
	client, err := cluster.Client()
	if err != nil {
		t.Fatal(err)
	}
	class, err := client.StorageV1().StorageClasses().Create(t.Context(), &storagev1.StorageClass{
		ObjectMeta: metav1.ObjectMeta{Name: Name(t, cluster)}, Provisioner: "example.com/test", AllowVolumeExpansion: &grows,
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan struct{})
	t.Cleanup(func() {
		cancel()
		<-stopped
		_ = client.StorageV1().StorageClasses().Delete(context.Background(), class.Name, metav1.DeleteOptions{})
		_ = client.CoreV1().PersistentVolumes().DeleteCollection(context.Background(), metav1.DeleteOptions{}, metav1.ListOptions{LabelSelector: "class=" + class.Name})
	})
	driver := &driver{cluster: cluster, class: class.Name}
	go func() {
		defer close(stopped)
		for ctx.Err() == nil {
			claims, err := client.CoreV1().PersistentVolumeClaims(namespace).List(ctx, metav1.ListOptions{})
			if err == nil {
				for i := range claims.Items {
					driver.serve(ctx, &claims.Items[i])
				}
			}
			select {
			case <-ctx.Done():
			case <-time.After(50 * time.Millisecond):
			}
		}
	}()
	return class.Name
}

type driver struct {
	cluster *kube.Cluster
	class   string
}

// serve does what a claim waits for. What fails is tried again with the next round.
func (d *driver) serve(ctx context.Context, claim *corev1.PersistentVolumeClaim) {
	client, err := d.cluster.Client()
	if err != nil || claim.Spec.StorageClassName == nil || *claim.Spec.StorageClassName != d.class {
		return
	}
	want, have := claim.Spec.Resources.Requests[corev1.ResourceStorage], claim.Status.Capacity[corev1.ResourceStorage]
	capacity := corev1.ResourceList{corev1.ResourceStorage: want}
	switch {
	case claim.Spec.VolumeName == "":
		_, _ = client.CoreV1().PersistentVolumes().Create(ctx, &corev1.PersistentVolume{
			ObjectMeta: metav1.ObjectMeta{Name: "pv-" + string(claim.UID), Labels: map[string]string{"class": d.class}},
			Spec: corev1.PersistentVolumeSpec{
				StorageClassName: d.class, AccessModes: claim.Spec.AccessModes, Capacity: capacity,
				PersistentVolumeReclaimPolicy: corev1.PersistentVolumeReclaimRetain,
				PersistentVolumeSource:        corev1.PersistentVolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/nowhere"}},
				ClaimRef:                      &corev1.ObjectReference{Namespace: claim.Namespace, Name: claim.Name, UID: claim.UID},
			},
		}, metav1.CreateOptions{})
	case claim.Status.Phase == corev1.ClaimBound && have.Cmp(want) < 0:
		patch := func(of string) []byte {
			text, err := json.Marshal(map[string]any{of: map[string]any{"capacity": capacity}})
			if err != nil {
				return nil
			}
			return text
		}
		_, _ = client.CoreV1().PersistentVolumes().Patch(ctx, claim.Spec.VolumeName, types.MergePatchType, patch("spec"), metav1.PatchOptions{})
		_, _ = client.CoreV1().PersistentVolumeClaims(claim.Namespace).Patch(ctx, claim.Name, types.MergePatchType, patch("status"), metav1.PatchOptions{}, "status")
	}
}
