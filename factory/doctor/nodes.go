package doctor

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/helm-chart-factory/factory/factory/kube"
)

// node wants one node that is Ready: without any nothing else is worth asking.
func (e *examination) node(ctx context.Context) Verdict {
	list, err := e.client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return notAllowed(err)
	}
	if len(list.Items) == 0 {
		fix := "add a node to the cluster"
		if e.cluster.Kind == kube.Embedded {
			fix = "factory cluster stop && factory cluster start   (it was started with --no-node)"
		}
		return failed("the cluster has no node", Problem{Saw: e.cluster.String() + " has no node", Why: "pods have nowhere to run", Fix: fix})
	}
	for i := range list.Items {
		if isReady(&list.Items[i]) {
			return passed("%s", list.Items[i].Name)
		}
	}
	return failed("no node is Ready", e.notReady(list.Items)...)
}

// nodes wants every node to be Ready.
func (e *examination) nodes(ctx context.Context) Verdict {
	list, err := e.client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return notAllowed(err)
	}
	problems := e.notReady(list.Items)
	if len(problems) > 0 {
		return failed(fmt.Sprintf("%d of %s not Ready", len(problems), count(len(list.Items), "node")), problems...)
	}
	return passed("%s Ready", count(len(list.Items), "node"))
}

func (e *examination) notReady(nodes []corev1.Node) []Problem {
	var problems []Problem
	for i := range nodes {
		if node := &nodes[i]; !isReady(node) {
			problems = append(problems, Problem{
				Saw: fmt.Sprintf("node %s is not Ready: %s", node.Name, orElse(conditionOf(node, corev1.NodeReady).Message, "its kubelet has not reported")),
				Why: "no pod starts there, and those that run there are moved away after some minutes",
				Fix: e.lookAtNode(node.Name),
			})
		}
	}
	return problems
}

func isReady(node *corev1.Node) bool {
	return conditionOf(node, corev1.NodeReady).Status == corev1.ConditionTrue
}

func (e *examination) lookAtNode(name string) string {
	switch e.cluster.Kind {
	case kube.Embedded:
		return "factory cluster stop && factory cluster start"
	case kube.K3s:
		return "sudo systemctl restart k3s; journalctl -u k3s -n 50"
	}
	return "kubectl describe node " + name
}

func conditionOf(node *corev1.Node, kind corev1.NodeConditionType) corev1.NodeCondition {
	for _, condition := range node.Status.Conditions {
		if condition.Type == kind {
			return condition
		}
	}
	return corev1.NodeCondition{}
}

// leastFreeOnNode is less than what any kubelet keeps back before it evicts pods.
const leastFreeOnNode = 256 << 20

// nodeDisk reads what each node says of its disk, and how much is free where its kubelet may be asked.
func (e *examination) nodeDisk(ctx context.Context) Verdict {
	list, err := e.client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return notAllowed(err)
	}
	var problems []Problem
	var free []string
	for i := range list.Items {
		node := &list.Items[i]
		saw := ""
		left, known := e.freeOn(ctx, node.Name)
		if known {
			free = append(free, fmt.Sprintf("%s free on %s", size(left), node.Name))
		}
		if pressure := conditionOf(node, corev1.NodeDiskPressure); pressure.Status == corev1.ConditionTrue {
			saw = fmt.Sprintf("node %s has DiskPressure: %s", node.Name, pressure.Message)
		} else if known && left < leastFreeOnNode {
			saw = fmt.Sprintf("node %s has %s free", node.Name, size(left))
		}
		if saw != "" {
			problems = append(problems, Problem{
				Saw: saw, Why: "the node starts no pods, deletes images and evicts what runs",
				Fix: "free its disk, on the node: crictl rmi --prune; journalctl --vacuum-size=200M",
			})
		}
	}
	if len(problems) > 0 {
		return failed("a node's disk is full", problems...)
	}
	if len(free) == 0 {
		return passed("no node reports DiskPressure")
	}
	return passed("%s", strings.Join(free, ", "))
}

// freeOn asks a node's kubelet how much its file system has free; known is false where one may not ask or it is away.
func (e *examination) freeOn(ctx context.Context, node string) (free uint64, known bool) {
	text, err := e.client.CoreV1().RESTClient().Get().Resource("nodes").Name(node).SubResource("proxy").Suffix("stats/summary").DoRaw(ctx)
	if err != nil {
		return 0, false
	}
	var summary struct {
		Node struct {
			FS struct{ AvailableBytes *uint64 }
		}
	}
	if err := json.Unmarshal(text, &summary); err != nil || summary.Node.FS.AvailableBytes == nil {
		return 0, false
	}
	return *summary.Node.FS.AvailableBytes, true
}

// notAllowed is the verdict where the cluster does not let the person look, or the question failed otherwise.
func notAllowed(err error) Verdict {
	if apierrors.IsForbidden(err) {
		return notChecked("you may not look: %v", err)
	}
	return notChecked("%v", err)
}

func orElse(text, other string) string {
	if text == "" {
		return other
	}
	return text
}
