package logs

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/helm-chart-factory/factory/factory/console"
)

// run is one life of a container: from its start to its end.
type run struct {
	// id is the node's name for it; empty when there was none yet.
	id string
	// restarts is how often the container was started before.
	restarts int32
	// ended says how it went; nil while it runs.
	ended *corev1.ContainerStateTerminated
}

// runsOf are the last run of a container, which may have ended, and the one before, as far as the pod's status tells.
func runsOf(pod *corev1.Pod, container string) (last, before run) {
	status := statusOf(pod, container)
	previous := status.LastTerminationState.Terminated
	switch {
	case status.State.Running != nil:
		last = run{id: status.ContainerID, restarts: status.RestartCount}
	case status.State.Terminated != nil:
		last = run{id: cmp.Or(status.State.Terminated.ContainerID, status.ContainerID), restarts: status.RestartCount, ended: status.State.Terminated}
	case previous != nil:
		return run{id: previous.ContainerID, restarts: status.RestartCount, ended: previous}, run{}
	}
	if previous != nil {
		before = run{id: previous.ContainerID, restarts: status.RestartCount - 1, ended: previous}
	}
	return last, before
}

func statusOf(pod *corev1.Pod, container string) corev1.ContainerStatus {
	for _, list := range [][]corev1.ContainerStatus{
		pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses, pod.Status.EphemeralContainerStatuses,
	} {
		for _, status := range list {
			if status.Name == container {
				return status
			}
		}
	}
	return corev1.ContainerStatus{Name: container}
}

// how says how a run ended: "exit code 3 (Error)".
func (r run) how() string {
	reason := r.ended.Reason
	if r.ended.Signal != 0 {
		reason = strings.TrimPrefix(fmt.Sprintf("%s, signal %d", reason, r.ended.Signal), ", ")
	}
	text := fmt.Sprintf("exit code %d", r.ended.ExitCode)
	if reason != "" {
		text += " (" + reason + ")"
	}
	return text
}

func (r run) ago(now time.Time) string {
	if r.ended.FinishedAt.IsZero() {
		return ""
	}
	return " " + console.Age(now.Sub(r.ended.FinishedAt.Time)) + " ago"
}

// waitsFor says why a container has not run yet: what the node says, or the scheduler.
func waitsFor(pod *corev1.Pod, container string) string {
	if waiting := statusOf(pod, container).State.Waiting; waiting != nil && waiting.Reason != "" {
		return strings.TrimSuffix(waiting.Reason+": "+oneLine(waiting.Message), ": ")
	}
	for _, condition := range pod.Status.Conditions {
		if condition.Type == corev1.PodScheduled && condition.Status == corev1.ConditionFalse {
			return strings.TrimSuffix(condition.Reason+": "+oneLine(condition.Message), ": ")
		}
	}
	return cmp.Or(pod.Status.Reason, string(pod.Status.Phase), "it was just created")
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// finished tells whether no container of the pod will ever run again.
func finished(pod *corev1.Pod) bool {
	return pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed
}
