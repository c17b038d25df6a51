package deploy

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/helm-chart-factory/factory/factory/deploy/plan"
)

// heldAfter is how long an object may take to go before it counts as held by a finalizer. Kubernetes' own controllers and
// a pod's grace period take less, as a rule.
const heldAfter = 10 * time.Second

// waiting are the finalizers with which Kubernetes itself waits for other objects: they say nothing about who holds what.
var waiting = []string{metav1.FinalizerDeleteDependents, metav1.FinalizerOrphanDependents}

// holder is an object that is being deleted and the finalizer that keeps it there, which its controller has to take out.
type holder struct {
	kind, name, namespace string
	finalizer             string
	by                    plan.Writer
}

func (h holder) String() string {
	text := fmt.Sprintf("%s/%s is held by the finalizer %s", strings.ToLower(h.kind), h.name, h.finalizer)
	if h.by.Manager != "" {
		text += ", written by " + h.by.Manager
	}
	return text
}

// free is the command that takes all finalizers of the object out.
func (h holder) free() string {
	command := fmt.Sprintf("kubectl patch %s %s --type merge -p '{\"metadata\":{\"finalizers\":null}}'", strings.ToLower(h.kind), h.name)
	if h.namespace != "" {
		command += " -n " + h.namespace
	}
	return command
}

// holders finds what keeps objects that are being deleted: their own finalizers, or those of their pods.
func (d *removal) holders(ctx context.Context, left []*unstructured.Unstructured, now time.Time) []holder {
	var held []holder
	for _, u := range left {
		if since := u.GetDeletionTimestamp(); since == nil || now.Sub(since.Time) < heldAfter {
			continue
		}
		found := holdersOf(u.GetKind(), u)
		if len(found) == 0 {
			found = d.podHolders(ctx, u)
		}
		held = append(held, found...)
	}
	return held
}

func holdersOf(kind string, object metav1.Object) []holder {
	var held []holder
	by := plan.WriterOf(object.GetManagedFields(), plan.Path{{Name: "metadata", Index: -1}, {Name: "finalizers", Index: -1}})
	for _, finalizer := range object.GetFinalizers() {
		if !slices.Contains(waiting, finalizer) {
			held = append(held, holder{kind, object.GetName(), object.GetNamespace(), finalizer, by})
		}
	}
	return held
}

// podHolders finds what keeps the pods of a workload, which goes after them.
func (d *removal) podHolders(ctx context.Context, workload *unstructured.Unstructured) []holder {
	set := podSet(workload)
	client, err := d.Cluster.Client()
	if set == nil || err != nil {
		return nil
	}
	selector := metav1.FormatLabelSelector(&metav1.LabelSelector{MatchLabels: set.Labels})
	pods, err := client.CoreV1().Pods(workload.GetNamespace()).List(ctx, metav1.ListOptions{LabelSelector: selector})
	if err != nil {
		return nil // it is asked again a moment later
	}
	var held []holder
	for i := range pods.Items {
		if pod := &pods.Items[i]; pod.DeletionTimestamp != nil {
			held = append(held, holdersOf("Pod", pod)...)
		}
	}
	return held
}

// stuck says what was waited for in vain: "…: deployment/web, configmap/x is held by …".
func (d *removal) stuck(cause error) error {
	if len(d.held) == 0 {
		return fmt.Errorf("%w: %s", cause, strings.Join(d.waitingFor, ", "))
	}
	var texts []string
	for _, holder := range d.held {
		texts = append(texts, holder.String())
	}
	return fmt.Errorf("%w: %s\nnext: see why its controller does not let go; if there is none any more: %s",
		cause, strings.Join(texts, ", "), d.held[0].free())
}
