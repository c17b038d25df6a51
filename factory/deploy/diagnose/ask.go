package diagnose

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// LogLines is how many lines of a log are kept as evidence.
const LogLines = 200

// askTimeout is how long all questions about one finding may take.
const askTimeout = 4 * time.Second

// question is what a state leaves open and the cluster can answer.
type question struct {
	// log: the program itself probably says why.
	log bool
	// probe is the HTTP probe that fails: its answer has more than a status code.
	probe *probe
	// free are the resources that no node has enough of.
	free []string
	// classes: the claim's class does not serve, others may.
	classes bool
	// node is one that may not answer.
	node string
}

// Open tells whether there is anything to ask about a finding.
func (f Finding) Open() bool {
	return f.Started || f.ask.log || f.ask.probe != nil || len(f.ask.free) > 0 || f.ask.classes || f.ask.node != ""
}

// Answer is what the cluster said when it was asked about a finding.
type Answer struct {
	Logs, Previous []string
	// details are lines for the finding's Detail; cause goes on after its Cause, next replaces its Next.
	details     []string
	cause, next string
}

// Ask looks further into a finding where the object's state does not tell the whole: it reads the container's logs, what
// the failing probe is answered, what the nodes have left and whether they answer, which storage classes there are. What
// cannot be asked, for lack of rights or because the node is gone, is left out: it is evidence, not the matter. It takes
// at most four seconds.
func Ask(ctx context.Context, client kubernetes.Interface, finding Finding) Answer {
	limited, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	var answer Answer
	if finding.Started {
		answer.Logs = tail(limited, client, finding, false)
	}
	if finding.Restarts > 0 {
		if answer.Previous = tail(limited, client, finding, true); slices.Equal(answer.Logs, answer.Previous) {
			answer.Previous = nil
		}
	}
	if finding.ask.probe != nil {
		answer.details = append(answer.details, finding.ask.probe.answer(limited, client, finding)...)
	}
	if len(finding.ask.free) > 0 {
		answer.details = append(answer.details, free(limited, client, finding.ask.free)...)
	}
	if finding.ask.classes {
		answer.cause = classes(limited, client)
	}
	if finding.ask.node != "" {
		askNode(limited, client, finding.ask.node, time.Now(), &answer)
	}
	if finding.ask.log {
		toldByLog(limited, client, finding, &answer)
	}
	return answer
}

// With is the finding with what was answered about it.
func (f Finding) With(answer Answer) Finding {
	before := f
	f.before = &before
	f.Logs, f.Previous = answer.Logs, answer.Previous
	if len(answer.details) > 0 {
		f.Detail = strings.TrimSpace(f.Detail + "\n" + strings.Join(answer.details, "\n"))
	}
	f.Cause += answer.cause
	if answer.next != "" {
		f.Next = answer.next
	}
	return f
}

func tail(ctx context.Context, client kubernetes.Interface, finding Finding, previous bool) []string {
	lines := int64(LogLines)
	text, err := client.CoreV1().Pods(finding.Namespace).GetLogs(finding.Pod, &corev1.PodLogOptions{
		Container: finding.Container,
		Previous:  previous,
		TailLines: &lines,
	}).DoRaw(ctx)
	// The kubelet answers with a sentence of its own where the runtime has removed the log already.
	if err != nil || len(text) == 0 || strings.HasPrefix(string(text), "unable to retrieve container logs") {
		return nil
	}
	return strings.Split(strings.TrimRight(string(text), "\n"), "\n")
}

// free says how much of the resources each node has left.
func free(ctx context.Context, client kubernetes.Interface, names []string) []string {
	nodes, err := client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil
	}
	pods, err := client.CoreV1().Pods("").List(ctx, metav1.ListOptions{FieldSelector: "status.phase!=Succeeded,status.phase!=Failed"})
	if err != nil {
		return nil
	}
	const shown = 3
	var lines []string
	for _, node := range nodes.Items {
		var parts []string
		for _, name := range names {
			all := node.Status.Allocatable[corev1.ResourceName(name)]
			left := all.DeepCopy()
			for i := range pods.Items {
				if pods.Items[i].Spec.NodeName == node.Name {
					left.Sub(requestsOf(&pods.Items[i])[corev1.ResourceName(name)])
				}
			}
			parts = append(parts, fmt.Sprintf("%s of %s %s", left.String(), all.String(), name))
		}
		lines = append(lines, fmt.Sprintf("node %s has free %s", node.Name, strings.Join(parts, ", ")))
	}
	slices.Sort(lines)
	if len(lines) > shown {
		lines = append(lines[:shown], fmt.Sprintf("and %d nodes more", len(lines)-shown))
	}
	return lines
}

// classes goes on after a cause that ends with "the cluster has none that can make the volume".
func classes(ctx context.Context, client kubernetes.Interface) string {
	list, err := client.StorageV1().StorageClasses().List(ctx, metav1.ListOptions{})
	if err != nil {
		return ""
	}
	if len(list.Items) == 0 {
		return "; it has no storage class at all"
	}
	var names []string
	for _, class := range list.Items {
		name := class.Name
		if class.Annotations["storageclass.kubernetes.io/is-default-class"] == "true" {
			name += " (default)"
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return "; its classes are " + strings.Join(names, ", ")
}

// serviceExists tells whether there is a Service of a name, as far as one may know.
func serviceExists(ctx context.Context, client kubernetes.Interface, namespace, name string) (exists, known bool) {
	_, err := client.CoreV1().Services(namespace).Get(ctx, name, metav1.GetOptions{})
	return err == nil, err == nil || apierrors.IsNotFound(err)
}

// statusError is the API server's answer within an error, or nil.
func statusError(err error) *apierrors.StatusError {
	var status *apierrors.StatusError
	if errors.As(err, &status) {
		return status
	}
	return nil
}
