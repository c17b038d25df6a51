package apply

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/kubernetes"

	"github.com/helm-chart-factory/factory/cluster/internal/api"
)

// Unready says why a pod is not ready.
type Unready struct{ Namespace, Pod, Problem string }

// Error implements error.
func (u *Unready) Error() string { return fmt.Sprintf("pod %s: %s", u.Pod, u.Problem) }

// Wait waits until every Deployment and DaemonSet among objects runs all the pods that it should, each of them ready.
// An error says which pod is missing and why. Each one is given to ready when it is.
func Wait(ctx context.Context, client kubernetes.Interface, objects []*unstructured.Unstructured, ready func(name string)) error {
	for _, object := range objects {
		check := checkFor(client, object)
		if check == nil {
			continue
		}
		if err := api.Poll(ctx, 200*time.Millisecond, check); err != nil {
			return fmt.Errorf("waiting for %s: %w", describe(object), err)
		}
		ready(object.GetName())
	}
	return nil
}

func checkFor(client kubernetes.Interface, object *unstructured.Unstructured) func(context.Context) error {
	namespace, name := object.GetNamespace(), object.GetName()
	switch object.GetKind() {
	case "Deployment":
		return func(ctx context.Context) error {
			d, err := client.AppsV1().Deployments(namespace).Get(ctx, name, metav1.GetOptions{})
			if err != nil {
				return err
			}
			want := int32(1)
			if d.Spec.Replicas != nil {
				want = *d.Spec.Replicas
			}
			seen := d.Status.ObservedGeneration >= d.Generation && d.Status.UpdatedReplicas == want
			return enough(ctx, client, namespace, d.Spec.Selector, seen, d.Status.AvailableReplicas, want)
		}
	case "DaemonSet":
		return func(ctx context.Context) error {
			d, err := client.AppsV1().DaemonSets(namespace).Get(ctx, name, metav1.GetOptions{})
			if err != nil {
				return err
			}
			want := max(1, d.Status.DesiredNumberScheduled)
			seen := d.Status.ObservedGeneration >= d.Generation && d.Status.UpdatedNumberScheduled == want
			return enough(ctx, client, namespace, d.Spec.Selector, seen, d.Status.NumberAvailable, want)
		}
	default:
		return nil
	}
}

// enough looks at the pods themselves, too: just after a restart the owner's status still tells of the last run.
func enough(ctx context.Context, client kubernetes.Interface, namespace string, selector *metav1.LabelSelector, seen bool, available, want int32) error {
	pods, err := client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{LabelSelector: metav1.FormatLabelSelector(selector)})
	if err != nil {
		return err
	}
	for _, pod := range pods.Items {
		if problem := whyNotReady(pod); problem != "" {
			return &Unready{Namespace: pod.Namespace, Pod: pod.Name, Problem: problem}
		}
	}
	if !seen || available < want {
		return fmt.Errorf("%d of %d pods are available", available, want)
	}
	return nil
}

func whyNotReady(pod corev1.Pod) string {
	if pod.DeletionTimestamp != nil || pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed {
		return ""
	}
	for _, condition := range pod.Status.Conditions {
		if condition.Type == corev1.PodReady && condition.Status == corev1.ConditionTrue {
			return ""
		}
		if condition.Type == corev1.PodScheduled && condition.Status != corev1.ConditionTrue {
			return condition.Message
		}
	}
	for _, status := range pod.Status.ContainerStatuses {
		if waiting := status.State.Waiting; waiting != nil {
			text := fmt.Sprintf("container %s is waiting: %s %s", status.Name, waiting.Reason, waiting.Message)
			if last := status.LastTerminationState.Terminated; last != nil {
				text += fmt.Sprintf(" (it last ended with status %d: %s %s)", last.ExitCode, last.Reason, last.Message)
			}
			return text
		}
		if !status.Ready {
			return fmt.Sprintf("container %s is not ready", status.Name)
		}
	}
	return "it is not ready"
}
