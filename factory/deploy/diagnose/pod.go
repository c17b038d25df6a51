package diagnose

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// Subject is the deployed object that a pod, an event or a claim belongs to.
type Subject struct {
	Namespace string
	// Object is kind/name, in lower case: "deployment/backend".
	Object string
	// Service is the object's app.kubernetes.io/name, which is what a person builds and edits; it may be empty.
	Service string
}

func (s Subject) finding(reason, detail string) Finding {
	return Finding{Object: s.Object, Namespace: s.Namespace, Reason: reason, Detail: strings.TrimSpace(detail)}
}

// Pod says what keeps a pod from being ready, or nothing when it is ready or merely starting.
// events are those about this pod.
func Pod(subject Subject, pod *corev1.Pod, events []*corev1.Event) []Finding {
	var findings []Finding
	if finding, ok := scheduling(subject, pod); ok {
		findings = append(findings, finding)
	}
	for i, status := range append(append([]corev1.ContainerStatus{}, pod.Status.InitContainerStatuses...), pod.Status.ContainerStatuses...) {
		init := i < len(pod.Status.InitContainerStatuses)
		if finding, ok := container(subject, pod, status, init, events); ok {
			findings = append(findings, finding)
		}
	}
	if len(findings) == 0 {
		if finding, ok := starting(subject, pod, events); ok {
			findings = append(findings, finding)
		} else if finding, ok := unattended(subject, pod, time.Now()); ok {
			findings = append(findings, finding)
		}
	}
	for i := range findings {
		findings[i].Pod = pod.Name
		findings[i].Events = describe(events)
	}
	return findings
}

func scheduling(subject Subject, pod *corev1.Pod) (Finding, bool) {
	for _, condition := range pod.Status.Conditions {
		if condition.Type != corev1.PodScheduled || condition.Status != corev1.ConditionFalse {
			continue
		}
		finding := subject.finding(condition.Reason, condition.Message)
		finding.Cause, finding.Next = "no node can take the pod", "kubectl describe nodes   (Allocated resources, Taints)"
		finding.Patience = 90 * time.Second
		low := strings.ToLower(condition.Message)
		switch {
		case len(shortOf(condition.Message)) > 0:
			short := shortOf(condition.Message)
			finding.ask.free = short
			finding.Cause = fmt.Sprintf("no node has enough free %s: the pod asks for %s", strings.Join(short, " and "), requests(pod, short))
			finding.Next = "lower resources.requests in the service's service.yaml, or free the node: kubectl describe nodes"
		case containsAny(low, "persistentvolumeclaim", "unbound immediate"):
			finding.Cause = "its volume is not bound"
			finding.Next = "kubectl -n " + pod.Namespace + " describe pvc"
		case containsAny(low, corev1.TaintNodeUnreachable, corev1.TaintNodeNotReady):
			finding.Cause = "no node that answers can take the pod"
			finding.Next = "kubectl get nodes, then look at the agent of the one that is not Ready: systemctl status k3s, or factory cluster status"
			finding.Patience = 0 // it goes on by itself once the node is back
		case strings.Contains(low, "taint"):
			finding.Cause = "every node has a taint that the pod does not tolerate"
		case containsAny(low, "node affinity", "node selector"):
			finding.Cause = "no node has the labels that the pod asks for"
		}
		return finding, true
	}
	if pod.Status.Phase == corev1.PodFailed && pod.Status.Reason != "" {
		finding := subject.finding(pod.Status.Reason, pod.Status.Message)
		finding.Cause = "the node gave the pod up"
		if pod.Status.Reason == "Evicted" {
			finding.Cause = "the node was short of a resource and evicted the pod"
		}
		finding.Next = "kubectl describe nodes   (Conditions)"
		return finding, true
	}
	return Finding{}, false
}

var insufficient = regexp.MustCompile(`Insufficient ([A-Za-z0-9./-]*[A-Za-z0-9])`)

// shortOf names the resources of the scheduler's "Insufficient cpu, 1 Insufficient memory", and the limit of pods on a node.
func shortOf(message string) []string {
	var names []string
	for _, found := range insufficient.FindAllStringSubmatch(message, -1) {
		if !slices.Contains(names, found[1]) {
			names = append(names, found[1])
		}
	}
	if strings.Contains(message, "Too many pods") {
		names = append(names, string(corev1.ResourcePods))
	}
	return names
}

// requests says how much a pod asks for of each of these resources.
func requests(pod *corev1.Pod, names []string) string {
	total := requestsOf(pod)
	var parts []string
	for _, name := range names {
		if quantity, ok := total[corev1.ResourceName(name)]; ok {
			parts = append(parts, fmt.Sprintf("%s %s", name, quantity.String()))
		}
	}
	if len(parts) == 0 {
		return "nothing in particular"
	}
	return strings.Join(parts, ", ")
}

// requestsOf is what the scheduler counts for a pod: its containers together, or the one init container that asks for more.
func requestsOf(pod *corev1.Pod) corev1.ResourceList {
	total := corev1.ResourceList{}
	for _, c := range pod.Spec.Containers {
		for name, quantity := range c.Resources.Requests {
			sum := total[name]
			sum.Add(quantity)
			total[name] = sum
		}
	}
	for _, c := range pod.Spec.InitContainers {
		for name, quantity := range c.Resources.Requests {
			if sum := total[name]; quantity.Cmp(sum) > 0 {
				total[name] = quantity
			}
		}
	}
	return total
}

// starting looks for what holds a pod back before its containers run: mounts and the network.
func starting(subject Subject, pod *corev1.Pod, events []*corev1.Event) (Finding, bool) {
	for _, status := range pod.Status.ContainerStatuses {
		if status.State.Running != nil {
			return Finding{}, false
		}
	}
	event := newest(events, withReason("FailedMount", "FailedAttachVolume", "FailedCreatePodSandBox"))
	if event == nil {
		return Finding{}, false
	}
	finding := subject.finding(event.Reason, event.Message)
	switch {
	case strings.Contains(event.Message, "not found"):
		finding.Cause = "a Secret, ConfigMap or claim that the pod mounts does not exist"
		finding.Next = "create it, or correct its name in the service's service.yaml"
		finding.Patience = time.Minute
	case event.Reason == "FailedCreatePodSandBox":
		finding.Cause = "the node cannot make the pod's sandbox, mostly a fault of its network plugin or container runtime"
		finding.Next = "look at the node: journalctl -u k3s, or factory cluster status"
	default:
		finding.Cause = "a volume of the pod cannot be mounted"
		finding.Next = "kubectl -n " + pod.Namespace + " describe pod " + pod.Name
	}
	return finding, true
}
