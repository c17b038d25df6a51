package diagnose_test

import (
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/helm-chart-factory/factory/factory/deploy/diagnose"
)

func TestANodeThatDoesNotAnswerIsTold(t *testing.T) {
	const begin = "node n1 has not begun with the pod"
	const look = "look at the node's agent: systemctl status k3s on the node, or factory cluster status. Once it is back this goes on by itself"
	node := func(ready corev1.ConditionStatus, said string) *corev1.Node {
		return &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "n1"}, Status: corev1.NodeStatus{
			Conditions: []corev1.NodeCondition{{Type: corev1.NodeReady, Status: ready, Message: said}}}}
	}
	heard := func(ago time.Duration) *coordinationv1.Lease {
		renewed := metav1.NewMicroTime(time.Now().Add(-ago))
		return &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Name: "n1", Namespace: "kube-node-lease"}, Spec: coordinationv1.LeaseSpec{RenewTime: &renewed}}
	}
	for name, test := range map[string]struct {
		there               []runtime.Object
		cause, detail, next string
	}{
		"the cluster knows it": {[]runtime.Object{node(corev1.ConditionUnknown, "Kubelet stopped posting node status."), heard(time.Minute)},
			begin + ": the node does not answer", "node n1: Ready is Unknown (Kubelet stopped posting node status), and its agent was last heard of 1m0s ago", look},
		"the cluster does not know it yet": {[]runtime.Object{node(corev1.ConditionTrue, ""), heard(30 * time.Second)},
			begin + ": the node does not answer", "node n1: Ready is True, and its agent was last heard of 30s ago", look},
		"one that is slow": {[]runtime.Object{node(corev1.ConditionTrue, ""), heard(9 * time.Second)},
			begin, "node n1: Ready is True, and its agent was last heard of 9s ago", "kubectl describe node n1   (Conditions)"},
		"one that says what it lacks": {[]runtime.Object{node(corev1.ConditionFalse, "container runtime is down"), heard(time.Second)},
			begin + ": the node says that it is not ready", "node n1: Ready is False (container runtime is down), and its agent was last heard of 1s ago", look},
		"one that may not be looked at": {nil, begin, "", "kubectl describe node n1   (Conditions)"},
	} {
		t.Run(name, func(t *testing.T) {
			finding := diagnose.Pod(web, on("n1", given(time.Minute, corev1.PodScheduled)), nil)[0]
			got := finding.With(diagnose.Ask(t.Context(), fake.NewClientset(test.there...), finding))
			if got.Cause != test.cause || got.Detail != test.detail || got.Next != test.next {
				t.Errorf("got  %s\n     %s\n     %s\nwant %s\n     %s\n     %s", got.Cause, got.Detail, got.Next, test.cause, test.detail, test.next)
			}
		})
	}
}

func TestAPodThatItsNodeDoesNotEndIsTold(t *testing.T) {
	for over, want := range map[time.Duration]string{
		time.Minute:  "node n1 has not ended the pod web-1, whose place is needed",
		-time.Second: "",
	} {
		p := on("n1", pod(running()))
		p.DeletionTimestamp = &metav1.Time{Time: time.Now().Add(-over)}
		got := ""
		for _, finding := range diagnose.Ending(web, p, time.Now()) {
			got += finding.Cause
		}
		if got != want {
			t.Errorf("%s after its end: %q, want %q", over, got, want)
		}
	}
}
