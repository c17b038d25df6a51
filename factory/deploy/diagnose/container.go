package diagnose

import (
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// A container that crashed this often is not waiting for something that comes up a little later.
const hopelessRestarts = 5

// container says what is wrong with one container, if anything is.
func container(subject Subject, pod *corev1.Pod, status corev1.ContainerStatus, init bool, events []*corev1.Event) (Finding, bool) {
	finding, ok := containerState(subject, pod, status, init, events)
	finding.Container = status.Name
	finding.Restarts = status.RestartCount
	finding.Started = status.State.Running != nil || status.State.Terminated != nil || status.LastTerminationState.Terminated != nil
	return finding, ok
}

func containerState(subject Subject, pod *corev1.Pod, status corev1.ContainerStatus, init bool, events []*corev1.Event) (Finding, bool) {
	switch {
	case status.State.Waiting != nil:
		return waiting(subject, status, events)
	case status.State.Terminated != nil:
		if status.State.Terminated.ExitCode == 0 && (init || pod.Spec.RestartPolicy != corev1.RestartPolicyAlways) {
			return Finding{}, false
		}
		return crashed(subject, status, "Terminated", status.State.Terminated, events)
	case !status.Ready && !init:
		return probing(subject, pod, status, events)
	}
	return Finding{}, false
}

func waiting(subject Subject, status corev1.ContainerStatus, events []*corev1.Event) (Finding, bool) {
	state := status.State.Waiting
	finding := subject.finding(state.Reason, state.Message)
	switch state.Reason {
	case "ErrImagePull", "ImagePullBackOff":
		if failed := newest(events, func(e *corev1.Event) bool {
			return e.Reason == "Failed" && strings.Contains(e.Message, "Failed to pull image")
		}); failed != nil && !strings.Contains(state.Message, "ErrImagePull:") && state.Reason == "ImagePullBackOff" {
			finding.Detail = failed.Message
		}
		// The kubelet alternates between the two while it tries again: one name for one trouble.
		finding.Reason = "ImagePullBackOff"
		finding.Cause, finding.Next, finding.Patience = imageTrouble(status.Image, subject.Service, finding.Detail)
	case "InvalidImageName", "ErrImageNeverPull":
		finding.Cause = "the image's name cannot be used: " + status.Image
		finding.Next = "correct image: in the service's service.yaml"
		finding.Patience = 5 * time.Second
	case "CreateContainerConfigError":
		finding.Cause, finding.Next, finding.Patience = configTrouble(state.Message)
	case "CreateContainerError", "RunContainerError":
		finding.Cause, finding.Next = runTrouble(state.Message)
		finding.Patience = time.Minute
	case "CrashLoopBackOff":
		return crashed(subject, status, state.Reason, status.LastTerminationState.Terminated, events)
	default: // ContainerCreating, PodInitializing: on its way
		return Finding{}, false
	}
	return finding, true
}

func configTrouble(message string) (cause, next string, patience time.Duration) {
	name := firstQuoted(message)
	switch {
	case strings.Contains(message, "couldn't find key"):
		return "a key that the container's environment asks for is missing: " + message,
			"add the key, or correct it in env: of the service's service.yaml", 45 * time.Second
	case strings.Contains(message, "not found"):
		return fmt.Sprintf("the Secret or ConfigMap %q that the container's environment asks for does not exist", name),
			"create it, or correct its name in env: of the service's service.yaml", 45 * time.Second
	case strings.Contains(message, "runAsNonRoot"):
		return "the image runs as root and the pod forbids it",
			"add a numeric USER to the Dockerfile, then factory build", 20 * time.Second
	}
	return "the container's settings are refused by the node", "correct the service's service.yaml", 45 * time.Second
}

func runTrouble(message string) (cause, next string) {
	low := strings.ToLower(message)
	switch {
	case containsAny(low, "executable file not found", "no such file or directory"):
		return "the command that the container should run is not in the image", "correct command: in the service's service.yaml, or the image's ENTRYPOINT"
	case strings.Contains(low, "permission denied"):
		return "the command that the container should run may not be run by its user", "make it executable in the Dockerfile (chmod 0755)"
	}
	return "the node could not start the container", "read the state's message above"
}

// crashed explains a container that ended although it should run.
func crashed(subject Subject, status corev1.ContainerStatus, reason string, last *corev1.ContainerStateTerminated, events []*corev1.Event) (Finding, bool) {
	finding := subject.finding(reason, "")
	finding.Next = "read the log above; then correct the service and run factory build, factory deploy"
	if status.RestartCount >= hopelessRestarts {
		finding.Patience = 10 * time.Second
	}
	if last == nil {
		finding.Cause = "the container ends again and again"
		return finding, true
	}
	if reason == "Terminated" {
		finding.Reason = last.Reason
		if status.RestartCount > 0 {
			finding.Reason = "CrashLoopBackOff"
		}
	}
	finding.Detail = fmt.Sprintf("exit code %d (%s), %d restarts", last.ExitCode, last.Reason, status.RestartCount)
	if last.Message != "" {
		finding.Detail += "\n" + strings.TrimSpace(last.Message)
	}
	probe, killed := killedByProbe(events)
	switch {
	case last.Reason == "StartError" || last.ExitCode == 128:
		finding.Cause, finding.Next = runTrouble(last.Message)
	case last.Reason == "OOMKilled":
		finding.Cause = "the container used more memory than its limit allows and was killed"
		finding.Next = "raise resources.limits.memory in the service's service.yaml"
	case killed:
		finding.ask.log = true
		finding.Cause = "the node restarts it because a probe fails: " + probe
		finding.Next = "correct health: in the service's service.yaml (path, port, time to start)"
	default:
		finding.Cause = exitCause(last)
		finding.ask.log = true
	}
	return finding, true
}

// killedByProbe tells whether the node itself ended the container for a failing probe, and what that probe met. A probe
// also fails when the container ended by itself: only the node's own "Killing" tells the two apart.
func killedByProbe(events []*corev1.Event) (probe string, killed bool) {
	killing := newest(events, func(e *corev1.Event) bool {
		return e.Reason == "Killing" && containsAny(e.Message, "failed liveness probe", "failed startup probe")
	})
	if killing == nil {
		return "", false
	}
	met := newest(events, func(e *corev1.Event) bool {
		return e.Reason == "Unhealthy" && containsAny(e.Message, "Liveness probe", "Startup probe")
	})
	if met == nil {
		met = killing
	}
	return strings.TrimSpace(met.Message), true
}

func exitCause(last *corev1.ContainerStateTerminated) string {
	switch last.ExitCode {
	case 0:
		return "the program ends by itself (exit code 0) although a service has to keep running"
	case 126:
		return "the command exists and cannot be run (exit code 126)"
	case 127:
		return "the command does not exist in the image (exit code 127)"
	case 137:
		return "the program was killed (exit code 137, SIGKILL): out of memory, or it did not stop in time"
	case 139:
		return "the program crashed (exit code 139, segmentation fault)"
	case 143:
		return "the program was told to stop (exit code 143, SIGTERM), mostly after a failing probe"
	}
	return fmt.Sprintf("the program ends with exit code %d soon after its start", last.ExitCode)
}

// probing explains a container that runs and is not ready.
func probing(subject Subject, pod *corev1.Pod, status corev1.ContainerStatus, events []*corev1.Event) (Finding, bool) {
	event := newest(events, withReason("Unhealthy"))
	if event == nil || status.State.Running == nil {
		return Finding{}, false
	}
	finding := subject.finding("NotReady", event.Message)
	finding.ask.log, finding.ask.probe = true, probeOf(pod, status.Name, event.Message)
	finding.Cause = "the container runs and its probe fails: " + probeSaid(event.Message)
	finding.Next = fmt.Sprintf("kubectl -n %s logs %s -c %s; check health: and port: in the service's service.yaml", pod.Namespace, pod.Name, status.Name)
	if containsAny(event.Message, "connection refused") {
		finding.Cause = "nothing listens on the port that the probe asks: " + probeSaid(event.Message)
		finding.Next = "check that port: in the service's service.yaml is the one that the program listens on, on all addresses"
	}
	return finding, true
}

// probeSaid shortens the kubelet's sentence to what the probe was told.
func probeSaid(message string) string {
	return strings.TrimSpace(strings.TrimSuffix(message, ":"))
}
