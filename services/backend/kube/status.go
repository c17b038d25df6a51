package kube

import (
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// podStatus is the word in the STATUS column of `kubectl get pods`: the phase, unless a container, an init container, a
// gate or a deletion has something more telling to say.
func podStatus(pod *corev1.Pod) string {
	if pod.DeletionTimestamp != nil {
		if pod.Status.Reason == "NodeLost" {
			return "Unknown"
		}
		if !finished(pod) {
			return "Terminating"
		}
	}
	status := base(pod)
	if waiting, starting := initStatus(pod); starting {
		status = waiting
		if !conditionTrue(pod, corev1.PodInitialized) {
			return status
		}
	}
	return containerStatus(pod, status)
}

// goneStatus is what stays in the history of a pod that no longer exists. One that had ended by itself keeps how it
// ended; any other was ended by its deletion.
func goneStatus(pod *corev1.Pod) string {
	if !finished(pod) || endedByDeletion(pod) {
		return "Terminated"
	}
	return podStatus(pod)
}

func finished(pod *corev1.Pod) bool {
	return pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed
}

// endedByDeletion says whether a container of a finished pod was still running when the deletion was asked for.
// Kubernetes moves deleted pods through Succeeded or Failed on their way out, which says nothing about them.
func endedByDeletion(pod *corev1.Pod) bool {
	if pod.DeletionTimestamp == nil {
		return false
	}
	asked := pod.DeletionTimestamp.Time
	if pod.DeletionGracePeriodSeconds != nil {
		asked = asked.Add(-time.Duration(*pod.DeletionGracePeriodSeconds) * time.Second)
	}
	return slices.ContainsFunc(pod.Status.ContainerStatuses, func(c corev1.ContainerStatus) bool {
		return c.State.Terminated != nil && c.State.Terminated.FinishedAt.After(asked)
	})
}

// base is the status before any container is looked at.
func base(pod *corev1.Pod) string {
	for _, condition := range pod.Status.Conditions {
		if condition.Type == corev1.PodScheduled && condition.Reason == corev1.PodReasonSchedulingGated {
			return corev1.PodReasonSchedulingGated
		}
	}
	if pod.Status.Reason != "" {
		return pod.Status.Reason
	}
	return string(pod.Status.Phase)
}

// initStatus describes the first init container that is neither done nor a sidecar that runs, if there is one. In an
// initialised pod that is a sidecar which broke.
func initStatus(pod *corev1.Pod) (string, bool) {
	for i, c := range pod.Status.InitContainerStatuses {
		state := c.State
		switch {
		case state.Terminated != nil && state.Terminated.ExitCode == 0:
			continue
		case sidecar(pod, c.Name) && c.Started != nil && *c.Started:
			continue
		case state.Terminated != nil:
			return "Init:" + ending(state.Terminated), true
		case state.Waiting != nil && state.Waiting.Reason != "" && state.Waiting.Reason != "PodInitializing":
			return "Init:" + state.Waiting.Reason, true
		default:
			return fmt.Sprintf("Init:%d/%d", i, len(pod.Spec.InitContainers)), true
		}
	}
	return "", false
}

// containerStatus lets the first container that has a reason speak for the pod; without one it is status.
func containerStatus(pod *corev1.Pod, status string) string {
	running := false
	for _, c := range slices.Backward(pod.Status.ContainerStatuses) {
		switch {
		case c.State.Waiting != nil && c.State.Waiting.Reason != "":
			status = c.State.Waiting.Reason
		case c.State.Terminated != nil:
			status = ending(c.State.Terminated)
		case c.Ready && c.State.Running != nil:
			running = true
		}
	}
	if status == "Completed" && running {
		if conditionTrue(pod, corev1.PodReady) {
			return "Running"
		}
		return "NotReady"
	}
	return status
}

// ending is how a container ended: its reason, or its signal or exit code when it gave none.
func ending(t *corev1.ContainerStateTerminated) string {
	switch {
	case t.Reason != "":
		return t.Reason
	case t.Signal != 0:
		return fmt.Sprintf("Signal:%d", t.Signal)
	default:
		return fmt.Sprintf("ExitCode:%d", t.ExitCode)
	}
}

// sidecar says whether the named init container is one that keeps running beside the others.
func sidecar(pod *corev1.Pod, name string) bool {
	return slices.ContainsFunc(pod.Spec.InitContainers, func(c corev1.Container) bool {
		return c.Name == name && c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways
	})
}

func conditionTrue(pod *corev1.Pod, kind corev1.PodConditionType) bool {
	return slices.ContainsFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool {
		return c.Type == kind && c.Status == corev1.ConditionTrue
	})
}
