package clustertest

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/helm-chart-factory/factory/factory/kube"
)

// RunPods plays the kubelet for the pods of a namespace until the test ends: it reports each as running and ready.
// A pod that status returns something for is reported so instead; status may be nil.
func RunPods(t testing.TB, cluster *kube.Cluster, namespace string, status func(*corev1.Pod) *corev1.PodStatus) {
	t.Helper()
	client, err := cluster.Client()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan struct{})
	t.Cleanup(func() { cancel(); <-stopped })
	go func() {
		defer close(stopped)
		for ctx.Err() == nil {
			pods, err := client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{})
			if err == nil {
				for i := range pods.Items {
					pod := &pods.Items[i]
					want := Running(pod)
					if status != nil {
						if other := status(pod); other != nil {
							want = other
						}
					}
					if pod.Status.Phase == want.Phase && len(pod.Status.ContainerStatuses) > 0 {
						continue
					}
					patch, err := json.Marshal(map[string]any{"status": want})
					if err != nil {
						t.Error(err)
						return
					}
					// A pod that is gone by now needs no status.
					_, _ = client.CoreV1().Pods(namespace).Patch(ctx, pod.Name, types.StrategicMergePatchType, patch, metav1.PatchOptions{}, "status")
				}
			}
			select {
			case <-ctx.Done():
			case <-time.After(50 * time.Millisecond):
			}
		}
	}()
}

// Running is the status of a pod whose containers all run and are ready.
func Running(pod *corev1.Pod) *corev1.PodStatus {
	now := metav1.Now()
	status := &corev1.PodStatus{Phase: corev1.PodRunning, StartTime: &now}
	for _, kind := range []corev1.PodConditionType{corev1.PodReady, corev1.ContainersReady, corev1.PodInitialized, corev1.PodScheduled} {
		status.Conditions = append(status.Conditions, corev1.PodCondition{Type: kind, Status: corev1.ConditionTrue, LastTransitionTime: now})
	}
	for _, container := range pod.Spec.Containers {
		status.ContainerStatuses = append(status.ContainerStatuses, corev1.ContainerStatus{
			Name: container.Name, Image: container.Image, Ready: true,
			State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: now}},
		})
	}
	return status
}
