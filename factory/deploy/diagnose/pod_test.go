package diagnose_test

import (
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/helm-chart-factory/factory/factory/deploy/diagnose"
)

var web = diagnose.Subject{Namespace: "shop", Object: "deployment/web", Service: "web"}

// pod is one with a single container in a given state.
func pod(status corev1.ContainerStatus) *corev1.Pod {
	status.Name = "web"
	if status.Image == "" {
		status.Image = "localhost:5000/web:latest"
	}
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "web-1", Namespace: "shop"},
		Spec:       corev1.PodSpec{RestartPolicy: corev1.RestartPolicyAlways, Containers: []corev1.Container{{Name: "web"}}},
		Status:     corev1.PodStatus{Phase: corev1.PodPending, ContainerStatuses: []corev1.ContainerStatus{status}},
	}
}

func waiting(reason, message string) corev1.ContainerStatus {
	return corev1.ContainerStatus{State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason, Message: message}}}
}

func crashing(code int32, reason, message string) corev1.ContainerStatus {
	status := waiting("CrashLoopBackOff", "back-off 10s restarting failed container")
	status.RestartCount = 2
	status.LastTerminationState.Terminated = &corev1.ContainerStateTerminated{ExitCode: code, Reason: reason, Message: message}
	return status
}

func running() corev1.ContainerStatus {
	return corev1.ContainerStatus{State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}}
}

func unscheduled(message string) *corev1.Pod {
	p := pod(waiting("", ""))
	p.Status.ContainerStatuses = nil
	p.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: "Unschedulable", Message: message}}
	p.Spec.Containers[0].Resources.Requests = corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("100")}
	return p
}

// given is a pod for which these conditions are true since a while, and Ready is false.
func given(since time.Duration, conditions ...corev1.PodConditionType) *corev1.Pod {
	p := unscheduled("")
	p.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionFalse}}
	for _, kind := range conditions {
		p.Status.Conditions = append(p.Status.Conditions,
			corev1.PodCondition{Type: kind, Status: corev1.ConditionTrue, LastTransitionTime: metav1.NewTime(time.Now().Add(-since))})
		if kind == corev1.ContainersReady {
			p.Status.StartTime = &metav1.Time{Time: time.Now().Add(-since)}
			p.Status.ContainerStatuses = []corev1.ContainerStatus{running()}
			p.Status.ContainerStatuses[0].Ready = true
		}
	}
	return p
}

func on(node string, p *corev1.Pod) *corev1.Pod {
	p.Spec.NodeName = node
	return p
}

func event(reason, message string) *corev1.Event {
	return &corev1.Event{ObjectMeta: metav1.ObjectMeta{Name: reason}, Reason: reason, Message: message, LastTimestamp: metav1.Now()}
}

// The messages are those of Kubernetes 1.34 and containerd 1.6, as seen.
func TestPod(t *testing.T) {
	const pulling = `failed to pull and unpack image "localhost:5000/web:latest": failed to resolve reference "localhost:5000/web:latest": `
	for name, test := range map[string]struct {
		pod    *corev1.Pod
		events []*corev1.Event
		reason string
		cause  string
		next   string
	}{
		"an image that is not there": {
			pod:    pod(waiting("ErrImagePull", pulling+"localhost:5000/web:latest: not found")),
			reason: "ImagePullBackOff", cause: "the registry has no image localhost:5000/web:latest", next: "factory build web"},
		"an image that is not there, after some tries": {
			pod:    pod(waiting("ImagePullBackOff", `Back-off pulling image "localhost:5000/web:latest": ErrImagePull: `+pulling+"not found")),
			reason: "ImagePullBackOff", cause: "the registry has no image localhost:5000/web:latest", next: "factory build web"},
		"the cause of an older kubelet is in an event": {
			pod:    pod(waiting("ImagePullBackOff", `Back-off pulling image "localhost:5000/web:latest"`)),
			events: []*corev1.Event{event("Failed", `Failed to pull image "localhost:5000/web:latest": not found`)},
			reason: "ImagePullBackOff", cause: "the registry has no image localhost:5000/web:latest"},
		"a registry that is down": {
			pod:    pod(waiting("ErrImagePull", pulling+`failed to do request: Head "http://localhost:5000/v2/web/manifests/latest": dial tcp 127.0.0.1:5000: connect: connection refused`)),
			reason: "ImagePullBackOff", cause: "the node cannot reach the registry localhost:5000", next: "factory setup-registry"},
		"a registry that went down behind a forwarder": {
			pod:    pod(waiting("ErrImagePull", pulling+`failed to do request: Head "http://localhost:5000/v2/web/manifests/latest": read tcp 127.0.0.1:56340->127.0.0.1:5000: read: connection reset by peer`)),
			reason: "ImagePullBackOff", cause: "the node cannot reach the registry localhost:5000", next: "factory setup-registry"},
		"an image whose name misleads": {
			pod: pod(corev1.ContainerStatus{Image: "localhost:5000/denied-certificate:x509", State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{
				Reason: "ErrImagePull", Message: `failed to resolve reference "localhost:5000/denied-certificate:x509": localhost:5000/denied-certificate:x509: not found`}}}),
			reason: "ImagePullBackOff", cause: "the registry has no image localhost:5000/denied-certificate:x509"},
		"HTTP against HTTPS": {
			pod:    pod(waiting("ErrImagePull", pulling+"http: server gave HTTP response to HTTPS client")),
			reason: "ImagePullBackOff", cause: "the registry localhost:5000 speaks HTTP, and the node tried HTTPS", next: "factory configure-k3s-registry"},
		"a registry that wants credentials": {
			pod:    pod(waiting("ErrImagePull", pulling+"pull access denied, repository does not exist or may require authorization")),
			reason: "ImagePullBackOff", cause: "wants credentials"},
		"an image's name that is none": {
			pod:    pod(waiting("InvalidImageName", "couldn't parse image name")),
			reason: "InvalidImageName", cause: "cannot be used: localhost:5000/web:latest"},
		"a secret that is missing": {
			pod:    pod(waiting("CreateContainerConfigError", `secret "gone" not found`)),
			reason: "CreateContainerConfigError", cause: `the Secret or ConfigMap "gone"`, next: "correct its name in env:"},
		"a key that is missing": {
			pod:    pod(waiting("CreateContainerConfigError", "couldn't find key x in Secret shop/db")),
			reason: "CreateContainerConfigError", cause: "couldn't find key x in Secret shop/db"},
		"an image that runs as root": {
			pod:    pod(waiting("CreateContainerConfigError", "container has runAsNonRoot and image will run as root")),
			reason: "CreateContainerConfigError", cause: "the image runs as root", next: "USER"},
		"a crash": {
			pod: pod(crashing(3, "Error", "")), reason: "CrashLoopBackOff", cause: "exit code 3"},
		"a program that ends": {
			pod: pod(crashing(0, "Completed", "")), reason: "CrashLoopBackOff", cause: "ends by itself"},
		"out of memory": {
			pod: pod(crashing(137, "OOMKilled", "")), reason: "CrashLoopBackOff", cause: "more memory than its limit", next: "resources.limits.memory"},
		"a command that is missing": {
			pod:    pod(crashing(128, "StartError", `exec: "/nope": stat /nope: no such file or directory: unknown`)),
			reason: "CrashLoopBackOff", cause: "is not in the image"},
		"a liveness probe that fails": {
			pod: pod(crashing(143, "Error", "")),
			events: []*corev1.Event{event("Unhealthy", "Liveness probe failed: HTTP probe failed with statuscode: 500"),
				event("Killing", "Container web failed liveness probe, will be restarted")},
			reason: "CrashLoopBackOff", cause: "because a probe fails: Liveness probe failed", next: "health:"},
		"a program that ends by itself under a probe": {
			pod:    pod(crashing(2, "Error", "")),
			events: []*corev1.Event{event("Unhealthy", "Startup probe errored: container is in CONTAINER_EXITED state")},
			reason: "CrashLoopBackOff", cause: "the program ends with exit code 2", next: "read the log above"},
		"a readiness probe that fails": {
			pod:    pod(running()),
			events: []*corev1.Event{event("Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503")},
			reason: "NotReady", cause: "statuscode: 503", next: "kubectl -n shop logs web-1 -c web"},
		"a wrong port": {
			pod:    pod(running()),
			events: []*corev1.Event{event("Unhealthy", `Readiness probe failed: Get "http://10.154.0.5:9090/ready": dial tcp 10.154.0.5:9090: connect: connection refused`)},
			reason: "NotReady", cause: "nothing listens on the port", next: "port:"},
		"too little cpu": {
			pod:    unscheduled("0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available"),
			reason: "Unschedulable", cause: "no node has enough free cpu: the pod asks for cpu 100", next: "resources.requests"},
		"a taint": {
			pod:    unscheduled("0/1 nodes are available: 1 node(s) had untolerated taint {x: y}"),
			reason: "Unschedulable", cause: "taint"},
		"a mounted secret that is missing": {
			pod:    pod(waiting("ContainerCreating", "")),
			events: []*corev1.Event{event("FailedMount", `MountVolume.SetUp failed for volume "tls" : secret "gone" not found`)},
			reason: "FailedMount", cause: "does not exist"},
		"nodes that do not answer": {
			pod:    unscheduled("0/1 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/unreachable: }"),
			reason: "Unschedulable", cause: "no node that answers can take the pod", next: "kubectl get nodes"},
		"a node that does not begin": {
			pod:    on("n1", given(time.Minute, corev1.PodScheduled)),
			reason: "Pending", cause: "node n1 has not begun with the pod", next: "kubectl describe node n1"},
		"a node that may still begin": {pod: on("n1", given(time.Second, corev1.PodScheduled))},
		"a node that has gone silent": {
			pod:    on("n1", given(time.Minute, corev1.PodScheduled, corev1.ContainersReady)),
			reason: "NodeNotReady", cause: "node n1 does not report any more that the pod is ready"},
		"a start that goes well": {pod: pod(waiting("ContainerCreating", ""))},
		"one that runs":          {pod: pod(running())},
	} {
		t.Run(name, func(t *testing.T) {
			findings := diagnose.Pod(web, test.pod, test.events)
			if test.reason == "" {
				if len(findings) > 0 {
					t.Errorf("got %+v, want nothing", findings)
				}
				return
			}
			if len(findings) != 1 {
				t.Fatalf("got %d findings %+v, want one", len(findings), findings)
			}
			got := findings[0]
			if got.Reason != test.reason || !strings.Contains(got.Cause, test.cause) || !strings.Contains(got.Next, test.next) {
				t.Errorf("got  %s / %s / %s\nwant %s / %s / %s", got.Reason, got.Cause, got.Next, test.reason, test.cause, test.next)
			}
			if got.Object != "deployment/web" || got.Pod != "web-1" {
				t.Errorf("about %s %s", got.Object, got.Pod)
			}
		})
	}
}

func TestPodGivesUpOnlyWhatIsHopeless(t *testing.T) {
	crash := crashing(1, "Error", "")
	if patience := diagnose.Pod(web, pod(crash), nil)[0].Patience; patience != 0 {
		t.Errorf("a program that crashed twice may come up: patience %s", patience)
	}
	crash.RestartCount = 5
	if patience := diagnose.Pod(web, pod(crash), nil)[0].Patience; patience == 0 {
		t.Error("a program that crashed five times is waited for without end")
	}
	unready := []*corev1.Event{event("Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503")}
	if patience := diagnose.Pod(web, pod(running()), unready)[0].Patience; patience != 0 {
		t.Errorf("a probe may succeed later: patience %s", patience)
	}
}

func TestTheStatesOfOneTroubleShareAKey(t *testing.T) {
	first := diagnose.Pod(web, pod(waiting("ErrImagePull", "not found")), nil)
	second := diagnose.Pod(web, pod(waiting("ImagePullBackOff", "Back-off: ErrImagePull: not found")), nil)
	if first[0].Key() != second[0].Key() {
		t.Errorf("%q and %q", first[0].Key(), second[0].Key())
	}
	if kept := diagnose.Distinct(append(first, second...)); len(kept) != 1 {
		t.Errorf("%d findings are kept, want one", len(kept))
	}
}

func TestEventsAreShownNewestLastAndAlikeOnesOnce(t *testing.T) {
	at := func(e *corev1.Event, name string, seconds int) *corev1.Event {
		e.Name, e.LastTimestamp = name, metav1.NewTime(time.Date(2026, 1, 2, 3, 4, seconds, 0, time.Local))
		return e
	}
	findings := diagnose.Pod(web, pod(waiting("ErrImagePull", "not found")), []*corev1.Event{
		at(event("Pulling", "Pulling image x"), "c", 3),
		at(event("Scheduled", "Successfully assigned"), "a", 1),
		at(event("Pulling", "Pulling image x"), "b", 2),
	})
	want := []string{"03:04:01 Scheduled: Successfully assigned", "03:04:03 Pulling: Pulling image x"}
	if got := findings[0].Events; strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("got %q, want %q", got, want)
	}
}
