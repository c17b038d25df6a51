package logs

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/fake"
)

// node keeps the logs of containers the way a kubelet hands them out: by the second, each run by itself.
type node struct {
	mu   sync.Mutex
	runs map[string][]*life
	// news is closed when there is more to read, or less.
	news chan struct{}
	// epoch counts how often all connections were cut; refuse is what new ones get.
	epoch  int
	refuse error
	// late are how often the node still looks for a run that it has removed, and how it says so.
	late   []error
	opened int
}

type life struct {
	text  string
	ended bool
}

func newNode() *node { return &node{runs: map[string][]*life{}, news: make(chan struct{})} }

func (n *node) change(do func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	do()
	close(n.news)
	n.news = make(chan struct{})
}

// write adds text to the last run of a container, each line stamped with the time of the test.
func (n *node) write(container, text string) {
	n.change(func() {
		if len(n.runs[container]) == 0 {
			n.runs[container] = []*life{{}}
		}
		last := n.runs[container][len(n.runs[container])-1]
		for line := range strings.Lines(text) {
			if last.text == "" || strings.HasSuffix(last.text, "\n") {
				last.text += time.Now().UTC().Format(time.RFC3339Nano) + " "
			}
			last.text += line
		}
	})
}

func (n *node) end(container string) {
	n.change(func() { n.runs[container][len(n.runs[container])-1].ended = true })
}

func (n *node) restart(container string) {
	n.change(func() { n.runs[container] = append(n.runs[container], &life{}) })
}

// cut breaks every connection; new ones get err until it is cut with nil.
func (n *node) cut(err error) {
	n.change(func() { n.epoch++; n.refuse = err })
}

func (n *node) open(ctx context.Context, pod string, options *corev1.PodLogOptions) (io.ReadCloser, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.opened++
	if n.refuse != nil {
		return nil, n.refuse
	}
	if len(n.late) > 0 {
		said := n.late[0]
		n.late = n.late[1:]
		if said != nil {
			return nil, said
		}
		return io.NopCloser(strings.NewReader(removed + " for containerd://old")), nil
	}
	runs := n.runs[pod+" "+options.Container]
	if options.Previous && len(runs) > 0 {
		runs = runs[:len(runs)-1]
	}
	if len(runs) == 0 {
		return nil, apierrors.NewNotFound(schema.GroupResource{Resource: "pods"}, pod)
	}
	return &tap{node: n, ctx: ctx, life: runs[len(runs)-1], options: options, epoch: n.epoch}, nil
}

// tap is one connection.
type tap struct {
	node    *node
	ctx     context.Context
	life    *life
	options *corev1.PodLogOptions
	epoch   int
	begun   bool
	sent    int // bytes of the life's text that were read
	waiting string
}

func (t *tap) Close() error { return nil }

func (t *tap) Read(p []byte) (int, error) {
	for {
		t.node.mu.Lock()
		news := t.node.news
		if t.epoch == t.node.epoch {
			t.fill()
		}
		n, err := copy(p, t.waiting), error(nil)
		t.waiting = t.waiting[n:]
		switch {
		case n > 0:
		case t.epoch != t.node.epoch:
			err = io.ErrUnexpectedEOF
		case t.life.ended || !t.options.Follow:
			err = io.EOF
		}
		t.node.mu.Unlock()
		if n > 0 || err != nil {
			return n, err
		}
		select {
		case <-news:
		case <-t.ctx.Done():
			return 0, t.ctx.Err()
		}
	}
}

// fill takes over what was written since.
func (t *tap) fill() {
	fresh := t.life.text[t.sent:]
	t.sent = len(t.life.text)
	if t.begun {
		t.waiting += fresh
		return
	}
	t.begun = true
	lines := slices.Collect(strings.Lines(fresh))
	if since := t.options.SinceTime; since != nil {
		lines = slices.DeleteFunc(lines, func(line string) bool {
			stamp, _, _ := strings.Cut(line, " ")
			at, err := time.Parse(time.RFC3339Nano, stamp)
			return err == nil && at.Before(since.Truncate(time.Second)) // the API carries whole seconds
		})
	}
	if tail := t.options.TailLines; tail != nil {
		lines = lines[max(0, len(lines)-int(*tail)):]
	}
	t.waiting += strings.Join(lines, "")
}

// bench is a namespace with one service, "web", and what is read of it.
type bench struct {
	t      *testing.T
	node   *node
	client *fake.Clientset
	mu     sync.Mutex
	seen   []string
}

func newBench(t *testing.T) *bench {
	return &bench{t: t, node: newNode(), client: fake.NewClientset()}
}

func (b *bench) options() Options {
	note := func(text string) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.seen = append(b.seen, text)
	}
	return Options{
		Client: b.client, Namespace: "shop", Tail: -1,
		Services: []Service{{Name: "web", Pods: []map[string]string{{"app": "web"}}}},
		Show:     func(line Line) { note(line.Origin.String() + " | " + line.Text) },
		Say: func(about Origin, format string, args ...any) {
			note("* " + strings.TrimSpace(about.String()+" "+fmt.Sprintf(format, args...)))
		},
		open: b.node.open,
	}
}

// pod creates a running pod with these containers.
func (b *bench) pod(name string, containers ...string) {
	b.t.Helper()
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{
		Name: name, Namespace: "shop", UID: types.UID(name), Labels: map[string]string{"app": "web"}, CreationTimestamp: metav1.Now(),
	}, Status: corev1.PodStatus{Phase: corev1.PodRunning}}
	for _, container := range containers {
		pod.Spec.Containers = append(pod.Spec.Containers, corev1.Container{Name: container})
		pod.Status.ContainerStatuses = append(pod.Status.ContainerStatuses, corev1.ContainerStatus{
			Name: container, ContainerID: "run-0", State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}},
		})
	}
	if _, err := b.client.CoreV1().Pods("shop").Create(b.t.Context(), pod, metav1.CreateOptions{}); err != nil {
		b.t.Fatal(err)
	}
}

// status changes the status of a pod's first container.
func (b *bench) status(name string, change func(*corev1.ContainerStatus)) {
	b.t.Helper()
	pods := b.client.CoreV1().Pods("shop")
	pod, err := pods.Get(b.t.Context(), name, metav1.GetOptions{})
	if err != nil {
		b.t.Fatal(err)
	}
	change(&pod.Status.ContainerStatuses[0])
	if _, err := pods.UpdateStatus(b.t.Context(), pod, metav1.UpdateOptions{}); err != nil {
		b.t.Fatal(err)
	}
}

// over is a run that ended.
func over(id string, code int32, reason string) *corev1.ContainerStateTerminated {
	return &corev1.ContainerStateTerminated{ContainerID: id, ExitCode: code, Reason: reason}
}

// want compares all that was shown and said, and forgets it.
func (b *bench) want(lines ...string) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if !slices.Equal(b.seen, lines) {
		b.t.Errorf("got\n  %s\nwant\n  %s", strings.Join(b.seen, "\n  "), strings.Join(lines, "\n  "))
	}
	b.seen = nil
}
