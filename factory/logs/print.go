package logs

import (
	"cmp"
	"container/heap"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/helm-chart-factory/factory/factory/spec"
)

// parallelOpens bounds how many logs are asked for at the same time.
const parallelOpens = 16

// NoContainerError says that no pod has a container of the name that was asked for.
type NoContainerError struct{ text string }

func (e *NoContainerError) Error() string { return e.text }

// Usage marks the error as one of the command line.
func (e *NoContainerError) Usage() bool { return true }

// Print shows what is in the logs now, the lines of all containers in the order of their time.
func Print(ctx context.Context, opts Options) error {
	_, err := newReading(opts).print(ctx)
	return err
}

// print also returns the pods that were there.
func (r *reading) print(ctx context.Context) ([]corev1.Pod, error) {
	list, err := r.Client.CoreV1().Pods(r.Namespace).List(ctx, metav1.ListOptions{LabelSelector: r.selector()})
	if err != nil {
		return nil, fmt.Errorf("listing the pods of namespace %q: %w", r.Namespace, err)
	}
	pods := slices.DeleteFunc(list.Items, func(pod corev1.Pod) bool { return r.serviceOf(&pod) == "" })
	slices.SortFunc(pods, func(a, b corev1.Pod) int {
		return cmp.Or(a.CreationTimestamp.Compare(b.CreationTimestamp.Time), cmp.Compare(a.Name, b.Name))
	})
	if err := r.checkContainer(pods); err != nil {
		return nil, err
	}
	r.begin(pods)
	logs, err := r.openAll(ctx, pods)
	defer func() {
		for _, log := range logs {
			log.Close()
		}
	}()
	if err == nil {
		err = r.merge(logs)
	}
	return pods, err
}

// selector asks the server for no more pods than needed where that can be said in one selector.
func (r *reading) selector() string {
	if len(r.Services) != 1 || len(r.Services[0].Pods) != 1 {
		return ""
	}
	return metav1.FormatLabelSelector(&metav1.LabelSelector{MatchLabels: r.Services[0].Pods[0]})
}

func (r *reading) serviceOf(pod *corev1.Pod) string {
	for i := range r.Services {
		if r.Services[i].has(pod) {
			return r.Services[i].Name
		}
	}
	return ""
}

func (r *reading) checkContainer(pods []corev1.Pod) error {
	if r.Container == "" || len(pods) == 0 {
		return nil
	}
	var known []string
	for i := range pods {
		known = append(known, containersOf(&pods[i])...)
	}
	slices.Sort(known)
	known = slices.Compact(known)
	if slices.Contains(known, r.Container) {
		return nil
	}
	return &NoContainerError{fmt.Sprintf("no pod has a container %q: %s", r.Container, spec.DidYouMean(r.Container, known))}
}

// begin tells what is there, and which services have no pods.
func (r *reading) begin(pods []corev1.Pod) {
	var origins []Origin
	there := map[string]bool{}
	for i := range pods {
		origins = append(origins, r.origins(&pods[i])...)
		there[r.serviceOf(&pods[i])] = true
	}
	if r.Begin != nil {
		r.Begin(origins)
	}
	for _, service := range r.Services {
		if !there[service.Name] && len(service.Pods) > 0 {
			r.say(Origin{Service: service.Name}, "has no pods")
		}
	}
}

// openAll opens the logs that there are, and says of the containers without one why.
func (r *reading) openAll(ctx context.Context, pods []corev1.Pod) ([]*log, error) {
	var logs []*log
	var options []*corev1.PodLogOptions
	for i := range pods {
		pod := &pods[i]
		waiting := false
		for _, origin := range r.origins(pod) {
			current, before := runsOf(pod, origin.Container)
			at := r.start()
			r.positions[place{string(pod.UID), origin.Container}] = at
			if r.Previous && statusOf(pod, origin.Container).State.Waiting == nil {
				current = before
			}
			if current.id == "" {
				if !r.Previous && !waiting {
					r.say(origin.whole(), "has no log yet: %s", waitsFor(pod, origin.Container))
					waiting = true // the others of the pod wait with it
				}
				continue
			}
			r.introduce(pod, origin, current, before)
			at.run = current.id
			if current.ended != nil {
				at.done = current.id
			}
			logs = append(logs, &log{origin: origin, at: at, order: len(logs)})
			options = append(options, r.options(origin.Container))
		}
	}
	if r.Previous && len(logs) == 0 && len(pods) > 0 {
		r.say(Origin{}, "no container was restarted: there is no previous log")
	}
	return r.openEach(ctx, logs, options)
}

// start is where the reading of a container begins, for lines that Since and Tail leave out and that are not to come
// when the log is opened once more.
func (r *reading) start() *position {
	at := &position{}
	switch {
	case r.Tail == 0:
		at.first = time.Now()
	case r.Since > 0:
		at.first = time.Now().Add(-r.Since)
	}
	at.last = at.first
	return at
}

// whole is the pod of a container.
func (o Origin) whole() Origin { return Origin{Service: o.Service, Pod: o.Pod} }

// introduce says what a person should know of a container's state before its log.
func (r *reading) introduce(pod *corev1.Pod, origin Origin, current, before run) {
	now := time.Now()
	waiting := statusOf(pod, origin.Container).State.Waiting
	switch {
	case r.Previous:
		r.say(origin, "its previous run ended with %s%s", current.how(), current.ago(now))
	case waiting != nil && current.ended != nil:
		r.say(origin, "is in %s after %d restarts: its last run ended with %s%s, this is its log",
			waiting.Reason, current.restarts, current.how(), current.ago(now))
	case current.ended == nil && before.ended != nil && before.ended.ExitCode != 0:
		r.say(origin, "was restarted after %s%s (--previous shows that run's log)", before.how(), before.ago(now))
	}
}

func (r *reading) options(container string) *corev1.PodLogOptions {
	options := &corev1.PodLogOptions{Container: container, Previous: r.Previous, Timestamps: true}
	if r.Since > 0 {
		seconds := max(int64(r.Since/time.Second), 1)
		options.SinceSeconds = &seconds
	}
	if r.Tail >= 0 {
		options.TailLines = &r.Tail
	}
	return options
}

// openEach opens logs, several at a time, and returns those that could be opened.
func (r *reading) openEach(ctx context.Context, logs []*log, options []*corev1.PodLogOptions) ([]*log, error) {
	var group errgroup.Group
	group.SetLimit(parallelOpens)
	failed := make([]error, len(logs))
	for i, l := range logs {
		group.Go(func() error {
			opened, err := r.openRun(ctx, l.origin.Pod, options[i])
			if err != nil {
				failed[i] = err
				return nil
			}
			l.Closer, l.reader = opened, opened.Reader
			return nil
		})
	}
	_ = group.Wait() // the errors are in failed
	var opened []*log
	var errs []error
	for i, l := range logs {
		switch err := failed[i]; {
		case err == nil:
			opened = append(opened, l)
		case apierrors.IsNotFound(err):
			r.say(l.origin.whole(), "is gone")
		case apierrors.IsBadRequest(err):
			r.say(l.origin, "has no log: %v", err)
		default:
			errs = append(errs, fmt.Errorf("reading the log of %s: %w", l.origin, err))
		}
	}
	return opened, errors.Join(errs...)
}

// merge shows the lines of all logs by their time.
func (r *reading) merge(logs []*log) error {
	var heads heads
	var errs []error
	advance := func(l *log) {
		line, err := l.next()
		if errors.Is(err, io.EOF) {
			if r.follows && l.at.done == "" {
				return // the rest of the line is still to come
			}
			if line, err = l.rest(); err != nil {
				return
			}
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("reading the log of %s: %w", l.origin, err))
			return
		}
		heap.Push(&heads, head{line, l})
	}
	for _, l := range logs {
		advance(l)
	}
	for len(heads) > 0 {
		first := heap.Pop(&heads).(head)
		r.show(first.line)
		advance(first.log)
	}
	return errors.Join(errs...)
}

// head is the next line of a log.
type head struct {
	line Line
	log  *log
}

// heads is a heap with the oldest line on top.
type heads []head

func (h heads) Len() int      { return len(h) }
func (h heads) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h heads) Less(i, j int) bool {
	return cmp.Or(h[i].line.Time.Compare(h[j].line.Time), cmp.Compare(h[i].log.order, h[j].log.order)) < 0
}

// Push implements heap.Interface.
func (h *heads) Push(x any) { *h = append(*h, x.(head)) }

// Pop implements heap.Interface.
func (h *heads) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}
