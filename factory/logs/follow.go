package logs

import (
	"context"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/resourceversion"

	"github.com/helm-chart-factory/factory/factory/kube"
)

// drain is how long the log of a pod that is gone may still have something to say.
const drain = 5 * time.Second

// Follow shows what is in the logs now, in the order of time, and then each line as it comes, until ctx ends or a log may not
// be read. Pods that come are picked up, pods that go are let go. It returns ctx' error in the end.
func Follow(ctx context.Context, opts Options) error {
	r := newReading(opts)
	r.follows = true
	pods, err := r.print(ctx)
	if err != nil {
		return err
	}
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	f := &following{reading: r, ctx: ctx, fail: fail, pods: map[types.UID]*podLogs{}}
	for i := range pods {
		f.known(&pods[i])
	}
	err = kube.WatchPods(ctx, r.Client, r.Namespace, r.selector(), f.seen, nil)
	f.running.Wait()
	if err == nil {
		err = context.Cause(ctx)
	}
	return err
}

// following is one call of Follow.
type following struct {
	*reading
	ctx     context.Context
	fail    context.CancelCauseFunc
	running sync.WaitGroup
	server  presence
	// pods are those that are followed. Only seen uses it, and known before.
	pods map[types.UID]*podLogs
}

// seen is told of each change of a pod.
func (f *following) seen(pod *corev1.Pod, gone bool) {
	p, there := f.pods[pod.UID]
	switch {
	case there:
		p.set(pod, gone)
	case gone || f.ctx.Err() != nil || f.serviceOf(pod) == "":
		return
	default:
		p = f.known(pod)
		f.say(p.origin, "is new")
	}
	p.readAll()
	if gone {
		delete(f.pods, pod.UID)
		f.running.Go(p.end)
	}
}

func (f *following) known(pod *corev1.Pod) *podLogs {
	p := &podLogs{following: f, origin: Origin{Service: f.serviceOf(pod), Pod: pod.Name}, pod: pod,
		changed: make(chan struct{}), read: map[string]bool{}}
	p.ctx, p.cancel = context.WithCancel(f.ctx)
	f.pods[pod.UID] = p
	return p
}

// podLogs are the logs of one pod.
type podLogs struct {
	*following
	ctx    context.Context
	cancel context.CancelFunc
	origin Origin
	// read are the containers that are being read, readers their goroutines.
	read    map[string]bool
	readers sync.WaitGroup

	mu   sync.Mutex
	pod  *corev1.Pod
	gone bool
	// changed is closed when the pod is another than before.
	changed chan struct{}
}

// now is the pod as it was seen last, and what is closed as soon as it is seen anew.
func (p *podLogs) now() (pod *corev1.Pod, gone bool, changed <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pod, p.gone, p.changed
}

func (p *podLogs) set(pod *corev1.Pod, gone bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	// A watch may tell later what was seen before by asking.
	if order, err := resourceversion.CompareResourceVersion(pod.ResourceVersion, p.pod.ResourceVersion); err == nil && order < 0 {
		pod = p.pod
	}
	p.pod, p.gone = pod, p.gone || gone
	close(p.changed)
	p.changed = make(chan struct{})
}

// readAll begins to read the containers that are not being read yet: a debug container may come at any time.
func (p *podLogs) readAll() {
	pod, _, _ := p.now()
	for _, origin := range p.origins(pod) {
		if p.read[origin.Container] {
			continue
		}
		p.read[origin.Container] = true
		at := p.positions[place{string(pod.UID), origin.Container}]
		if at == nil {
			at = &position{}
		}
		reader := &containerLog{podLogs: p, origin: origin, at: at}
		p.running.Add(1)
		p.readers.Go(func() {
			defer p.running.Done()
			reader.follow()
		})
	}
}

// end waits until all has been read of a pod that is gone.
func (p *podLogs) end() {
	timer := time.AfterFunc(drain, p.cancel)
	defer timer.Stop()
	defer p.cancel()
	p.readers.Wait()
	if p.following.ctx.Err() == nil {
		p.say(p.origin, "is gone")
	}
}

// presence is whether logs can be read at all, as all that are read together know.
type presence struct {
	mu   sync.Mutex
	away bool
}

// is notes it, and tells whether that is news.
func (p *presence) is(away bool) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	news := p.away != away
	p.away = away
	return news
}
