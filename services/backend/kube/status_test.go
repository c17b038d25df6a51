package kube

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func waiting(reason string) corev1.ContainerStatus {
	return corev1.ContainerStatus{State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason}}}
}

func running(ready bool) corev1.ContainerStatus {
	return corev1.ContainerStatus{Ready: ready, State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}}
}

func ended(reason string, code, signal int32) corev1.ContainerStatus {
	return corev1.ContainerStatus{State: corev1.ContainerState{
		Terminated: &corev1.ContainerStateTerminated{Reason: reason, ExitCode: code, Signal: signal}}}
}

func isTrue(kind corev1.PodConditionType) corev1.PodCondition {
	return corev1.PodCondition{Type: kind, Status: corev1.ConditionTrue}
}

// sidecarStatus is the status of the init container that TestPodStatus declares a sidecar.
func sidecarStatus(c corev1.ContainerStatus, started bool) corev1.ContainerStatus {
	c.Name, c.Started = "sidecar", &started
	return c
}

// TestPodStatus follows printPod of Kubernetes' own printers, which is what the API server sends to kubectl.
func TestPodStatus(t *testing.T) {
	always := corev1.ContainerRestartPolicyAlways
	for want, status := range map[string]corev1.PodStatus{
		"Running": {Phase: "Running", ContainerStatuses: []corev1.ContainerStatus{running(true)}},
		"Pending": {Phase: "Pending"},
		"Evicted": {Phase: "Failed", Reason: "Evicted"},
		"SchedulingGated": {Phase: "Pending", Conditions: []corev1.PodCondition{
			{Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: "SchedulingGated"}}},
		"CrashLoopBackOff":  {Phase: "Running", ContainerStatuses: []corev1.ContainerStatus{waiting("CrashLoopBackOff"), running(true)}},
		"ImagePullBackOff":  {Phase: "Pending", ContainerStatuses: []corev1.ContainerStatus{waiting("ImagePullBackOff"), waiting("ContainerCreating")}},
		"ContainerCreating": {Phase: "Pending", ContainerStatuses: []corev1.ContainerStatus{waiting("ContainerCreating")}},
		"Completed":         {Phase: "Succeeded", ContainerStatuses: []corev1.ContainerStatus{ended("Completed", 0, 0)}},
		"NotReady":          {Phase: "Running", ContainerStatuses: []corev1.ContainerStatus{ended("Completed", 0, 0), running(true)}},
		"OOMKilled":         {Phase: "Running", ContainerStatuses: []corev1.ContainerStatus{ended("OOMKilled", 137, 0)}},
		"Error":             {Phase: "Failed", ContainerStatuses: []corev1.ContainerStatus{ended("Error", 1, 0)}},
		"ExitCode:3":        {Phase: "Failed", ContainerStatuses: []corev1.ContainerStatus{ended("", 3, 0)}},
		"Signal:9":          {Phase: "Failed", ContainerStatuses: []corev1.ContainerStatus{ended("", 137, 9)}},
		"Init:0/2":          {Phase: "Pending", InitContainerStatuses: []corev1.ContainerStatus{running(false), waiting("PodInitializing")}},
		"Init:1/2": {Phase: "Pending", InitContainerStatuses: []corev1.ContainerStatus{ended("Completed", 0, 0), waiting("PodInitializing")},
			ContainerStatuses: []corev1.ContainerStatus{waiting("PodInitializing")}},
		"Init:Error":            {Phase: "Pending", InitContainerStatuses: []corev1.ContainerStatus{ended("Error", 1, 0)}},
		"Init:ExitCode:2":       {Phase: "Pending", InitContainerStatuses: []corev1.ContainerStatus{ended("", 2, 0)}},
		"Init:Signal:9":         {Phase: "Pending", InitContainerStatuses: []corev1.ContainerStatus{ended("", 137, 9)}},
		"Init:CrashLoopBackOff": {Phase: "Pending", InitContainerStatuses: []corev1.ContainerStatus{waiting("CrashLoopBackOff")}},
		"PodInitializing": {Phase: "Pending", InitContainerStatuses: []corev1.ContainerStatus{sidecarStatus(running(true), true)},
			ContainerStatuses: []corev1.ContainerStatus{waiting("PodInitializing")}},
		"Init:ErrImagePull": {Phase: "Running", Conditions: []corev1.PodCondition{isTrue(corev1.PodInitialized)},
			InitContainerStatuses: []corev1.ContainerStatus{sidecarStatus(waiting("ErrImagePull"), false)},
			ContainerStatuses:     []corev1.ContainerStatus{running(true)}},
	} {
		pod := &corev1.Pod{Status: status, Spec: corev1.PodSpec{InitContainers: []corev1.Container{
			{Name: "sidecar", RestartPolicy: &always}, {Name: "second"}}}}
		if got := podStatus(pod); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if _, err := slim(pod); err != nil {
			t.Fatal(err)
		}
		if got := podStatus(pod); got != want {
			t.Errorf("after slimming got %q, want %q", got, want)
		}
	}

	sidecarsDone := &corev1.Pod{Status: corev1.PodStatus{Phase: "Running", Conditions: []corev1.PodCondition{isTrue(corev1.PodReady)},
		ContainerStatuses: []corev1.ContainerStatus{ended("Completed", 0, 0), running(true)}}}
	if got := podStatus(sidecarsDone); got != "Running" {
		t.Errorf("one container done, one ready: %q, want Running", got)
	}
}

func TestStatusOfDeletedPods(t *testing.T) {
	asked := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	grace := int64(30)
	deadline := metav1.NewTime(asked.Add(30 * time.Second))
	at := func(c corev1.ContainerStatus, finished time.Time) corev1.ContainerStatus {
		c.State.Terminated.FinishedAt = metav1.NewTime(finished)
		return c
	}
	for name, c := range map[string]struct {
		status     corev1.PodStatus
		now, after string
	}{
		"a running pod": {corev1.PodStatus{Phase: "Running", ContainerStatuses: []corev1.ContainerStatus{running(true)}}, "Terminating", "Terminated"},
		"a lost node":   {corev1.PodStatus{Phase: "Running", Reason: "NodeLost"}, "Unknown", "Terminated"},
		"ended because it was asked to": {corev1.PodStatus{Phase: "Succeeded",
			ContainerStatuses: []corev1.ContainerStatus{at(ended("Completed", 0, 0), asked.Add(time.Second))}}, "Completed", "Terminated"},
		"killed after its grace": {corev1.PodStatus{Phase: "Failed",
			ContainerStatuses: []corev1.ContainerStatus{at(ended("Error", 137, 0), asked.Add(30*time.Second))}}, "Error", "Terminated"},
		"done before it was deleted": {corev1.PodStatus{Phase: "Succeeded",
			ContainerStatuses: []corev1.ContainerStatus{at(ended("Completed", 0, 0), asked.Add(-time.Hour))}}, "Completed", "Completed"},
		"failed before it was deleted": {corev1.PodStatus{Phase: "Failed",
			ContainerStatuses: []corev1.ContainerStatus{at(ended("Error", 1, 0), asked.Add(-time.Hour))}}, "Error", "Error"},
		"evicted": {corev1.PodStatus{Phase: "Failed", Reason: "Evicted"}, "Evicted", "Evicted"},
	} {
		pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{DeletionTimestamp: &deadline, DeletionGracePeriodSeconds: &grace}, Status: c.status}
		if got := podStatus(pod); got != c.now {
			t.Errorf("%s: shown as %q, want %q", name, got, c.now)
		}
		if got := goneStatus(pod); got != c.after {
			t.Errorf("%s: kept as %q, want %q", name, got, c.after)
		}
	}
}
