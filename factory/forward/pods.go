package forward

import (
	"cmp"
	"slices"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
)

// pods are those of the service, as they are now.
type pods struct {
	mu  sync.Mutex
	all map[types.UID]*corev1.Pod
	// changed is closed at the next change.
	changed chan struct{}
}

func newPods() *pods {
	return &pods{all: map[types.UID]*corev1.Pod{}, changed: make(chan struct{})}
}

func (p *pods) seen(pod *corev1.Pod, gone bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.all[pod.UID] = pod; gone {
		delete(p.all, pod.UID)
	}
	close(p.changed)
	p.changed = make(chan struct{})
}

// serves tells whether a pod can be connected to: it is ready and not being taken away.
func serves(pod *corev1.Pod) bool {
	if pod.DeletionTimestamp != nil {
		return false
	}
	for _, condition := range pod.Status.Conditions {
		if condition.Type == corev1.PodReady {
			return condition.Status == corev1.ConditionTrue
		}
	}
	return false
}

// choose returns a pod that serves, the given one if it does, nil when none does; and what is closed when that may be
// different.
func (p *pods) choose(now types.UID) (*corev1.Pod, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if pod := p.all[now]; pod != nil && serves(pod) {
		return pod, p.changed
	}
	var able []*corev1.Pod
	for _, pod := range p.all {
		if serves(pod) {
			able = append(able, pod)
		}
	}
	if len(able) == 0 {
		return nil, p.changed
	}
	// The newest is the likeliest to stay while a new revision rolls out.
	return slices.MinFunc(able, func(a, b *corev1.Pod) int {
		return cmp.Or(b.CreationTimestamp.Compare(a.CreationTimestamp.Time), cmp.Compare(a.Name, b.Name))
	}), p.changed
}

// ended says why the connection to a pod is no more.
func (p *pods) ended(pod *corev1.Pod) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch now := p.all[pod.UID]; {
	case now == nil:
		return pod.Name + " is gone"
	case now.DeletionTimestamp != nil:
		return pod.Name + " is being taken away"
	case !serves(now):
		return pod.Name + " is not ready any more"
	}
	return "the connection to " + pod.Name + " is lost"
}
