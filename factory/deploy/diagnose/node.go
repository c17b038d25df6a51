package diagnose

import (
	"context"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

const (
	// takes is how long a node may take to begin with a pod, or to end one, before that is worth a word. It needs a second.
	takes = 5 * time.Second
	// heartbeat is how old a node's Lease gets at most while its agent runs: it renews it every ten seconds.
	heartbeat = 20 * time.Second
)

// unattended says of a pod that the agent of its node does nothing about it: it has not begun with it, or no longer reports
// about it. Whether the agent answers is a question to the cluster.
func unattended(subject Subject, pod *corev1.Pod, now time.Time) (Finding, bool) {
	if pod.Spec.NodeName == "" {
		return Finding{}, false
	}
	var finding Finding
	conditions := map[corev1.PodConditionType]corev1.PodCondition{}
	for _, condition := range pod.Status.Conditions {
		conditions[condition.Type] = condition
	}
	scheduled, ready := conditions[corev1.PodScheduled], conditions[corev1.PodReady]
	switch {
	case pod.Status.StartTime == nil && scheduled.Status == corev1.ConditionTrue && now.Sub(scheduled.LastTransitionTime.Time) > takes:
		finding = subject.finding("Pending", "")
		finding.Cause = "node " + pod.Spec.NodeName + " has not begun with the pod"
	case ready.Status == corev1.ConditionFalse && conditions[corev1.ContainersReady].Status == corev1.ConditionTrue && len(pod.Spec.ReadinessGates) == 0:
		// The node's agent sets the two together. The cluster sets the first alone once it no longer hears from the node.
		finding = subject.finding("NodeNotReady", ready.Message)
		finding.Cause = "node " + pod.Spec.NodeName + " does not report any more that the pod is ready"
	default:
		return Finding{}, false
	}
	return finding.ofNode(pod), true
}

// Ending says of a pod that is to go that its node does not end it, or nothing as long as it may still take its time.
func Ending(subject Subject, pod *corev1.Pod, now time.Time) []Finding {
	// The moment is that at which its time to end by itself is over.
	if pod.DeletionTimestamp == nil || pod.Spec.NodeName == "" || now.Sub(pod.DeletionTimestamp.Time) <= takes {
		return nil
	}
	finding := subject.finding("Terminating", "")
	finding.Cause = "node " + pod.Spec.NodeName + " has not ended the pod " + pod.Name + ", whose place is needed"
	return []Finding{finding.ofNode(pod)}
}

func (f Finding) ofNode(pod *corev1.Pod) Finding {
	f.Pod = pod.Name
	f.Next = "kubectl describe node " + pod.Spec.NodeName + "   (Conditions)"
	f.ask.node = pod.Spec.NodeName
	return f
}

// askNode tells whether a node answers: what its condition says, and when its agent was last heard of.
func askNode(ctx context.Context, client kubernetes.Interface, name string, now time.Time, answer *Answer) {
	node, err := client.CoreV1().Nodes().Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return
	}
	ready := corev1.NodeCondition{Status: corev1.ConditionUnknown}
	for _, condition := range node.Status.Conditions {
		if condition.Type == corev1.NodeReady {
			ready = condition
		}
	}
	detail, quiet := fmt.Sprintf("node %s: Ready is %s", name, ready.Status), false
	if said := strings.TrimSuffix(strings.TrimSpace(ready.Message), "."); said != "" {
		detail += " (" + said + ")"
	}
	lease, err := client.CoordinationV1().Leases(corev1.NamespaceNodeLease).Get(ctx, name, metav1.GetOptions{})
	if err == nil && lease.Spec.RenewTime != nil {
		silence := now.Sub(lease.Spec.RenewTime.Time)
		quiet = silence > heartbeat
		detail += fmt.Sprintf(", and its agent was last heard of %s ago", silence.Round(time.Second))
	}
	answer.details = append(answer.details, detail)
	switch {
	case quiet || ready.Status == corev1.ConditionUnknown:
		answer.cause = ": the node does not answer"
	case ready.Status == corev1.ConditionFalse:
		answer.cause = ": the node says that it is not ready"
	default:
		return
	}
	answer.next = "look at the node's agent: systemctl status k3s on the node, or factory cluster status. Once it is back this goes on by itself"
}
