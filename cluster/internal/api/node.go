package api

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// WaitNode waits until the node has said, since the given time, that it is ready: after a restart the API server still
// tells what the node said before.
func WaitNode(ctx context.Context, client kubernetes.Interface, name string, since time.Time) error {
	return Poll(ctx, 200*time.Millisecond, func(ctx context.Context) error {
		node, err := client.CoreV1().Nodes().Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		for _, condition := range node.Status.Conditions {
			if condition.Type != corev1.NodeReady {
				continue
			}
			// The API's times have no fractions.
			if condition.LastHeartbeatTime.Time.Before(since.Truncate(time.Second)) {
				return fmt.Errorf("node %q has not reported yet", name)
			}
			if condition.Status != corev1.ConditionTrue {
				return fmt.Errorf("node %q is not ready: %s", name, condition.Message)
			}
			return nil
		}
		return fmt.Errorf("node %q has not reported yet", name)
	})
}

// WaitPods waits until the node has reported, of every pod that it had before the given time, what became of it: until then
// the API server tells of containers that ended with the last run.
func WaitPods(ctx context.Context, client kubernetes.Interface, since time.Time) error {
	return Poll(ctx, 200*time.Millisecond, func(ctx context.Context) error {
		pods, err := client.CoreV1().Pods("").List(ctx, metav1.ListOptions{FieldSelector: "status.phase=Running"})
		if err != nil {
			return err
		}
		for _, pod := range pods.Items {
			for _, status := range pod.Status.ContainerStatuses {
				if running := status.State.Running; running != nil && running.StartedAt.Time.Before(since.Truncate(time.Second)) {
					return fmt.Errorf("pod %s/%s is not up to date", pod.Namespace, pod.Name)
				}
			}
		}
		return nil
	})
}
