package forward

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/streaming/pkg/httpstream"

	"github.com/helm-chart-factory/factory/factory/kube"
)

const (
	// shortestPause and longestPause lie between two tries to connect.
	shortestPause = 200 * time.Millisecond
	longestPause  = 5 * time.Second
	// patience is how long somebody who connects to a local port waits for a pod.
	patience = 30 * time.Second
)

// Options says what is forwarded.
type Options struct {
	Cluster   *kube.Cluster
	Namespace string
	// Service is the name by which a person knows it, Selector the labels of its pods.
	Service  string
	Selector map[string]string
	// Ports are listened on already (see Listen); Serve closes them.
	Ports []*Port
	// Connected is told of the first pod, Say of everything that changes after. They are called one at a time.
	Connected func(pod string)
	Say       func(format string, args ...any)

	// client and dial are the cluster's; tests have their own.
	client kubernetes.Interface
	dial   func(pod string) (httpstream.Connection, error)
}

// Serve forwards until ctx ends, and returns its error; or until it turns out that it never can.
func Serve(ctx context.Context, opts Options) (err error) {
	defer Close(opts.Ports)
	if opts.dial == nil {
		if opts.dial, err = dialer(opts.Cluster, opts.Namespace); err != nil {
			return err
		}
		if opts.client, err = opts.Cluster.Client(); err != nil {
			return err
		}
	}
	selector := metav1.FormatLabelSelector(&metav1.LabelSelector{MatchLabels: opts.Selector})
	// A watch would try on and on to read what may not be read.
	if _, err := opts.client.CoreV1().Pods(opts.Namespace).List(ctx, metav1.ListOptions{LabelSelector: selector, Limit: 1}); err != nil {
		return fmt.Errorf("listing the pods of %s: %w", opts.Service, err)
	}
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	f := &forwarding{Options: opts, pods: newPods(), fail: fail, connected: make(chan struct{})}
	var running sync.WaitGroup
	running.Go(func() {
		<-ctx.Done()
		Close(opts.Ports)
	})
	for _, port := range opts.Ports {
		for _, listener := range port.listeners {
			running.Go(func() { f.accept(ctx, port, listener) })
		}
	}
	keep := func() { running.Go(func() { f.keep(ctx) }) }
	if err := kube.WatchPods(ctx, opts.client, opts.Namespace, selector, f.pods.seen, keep); err != nil {
		fail(err)
	}
	running.Wait()
	return context.Cause(ctx)
}

// forwarding is one call of Serve.
type forwarding struct {
	Options
	pods *pods
	fail context.CancelCauseFunc

	telling sync.Mutex

	mu sync.Mutex
	// session is the connection that new callers use; nil while there is none. connected is closed when there is another.
	session   *session
	connected chan struct{}
	calls     int
}

func (f *forwarding) say(format string, args ...any) {
	f.telling.Lock()
	defer f.telling.Unlock()
	f.Say(format, args...)
}

// session is one connection to a pod, which carries any number of callers.
type session struct {
	httpstream.Connection
	pod *corev1.Pod

	mu      sync.Mutex
	callers int
	retired bool
}

// enter and leave count the callers, so that those of a pod that is being taken away can finish.
func (s *session) enter() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.callers++
}

func (s *session) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.callers--; s.retired && s.callers == 0 {
		s.Close()
	}
}

// retire closes the connection as soon as nobody uses it.
func (s *session) retire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.retired = true; s.callers == 0 {
		s.Close()
	}
}

// keep holds a connection to a pod that serves, and takes another when it goes.
func (f *forwarding) keep(ctx context.Context) {
	var last types.UID
	for ctx.Err() == nil {
		s := f.connect(ctx, last)
		if s == nil {
			return
		}
		last = s.pod.UID
		f.use(s)
		f.watch(ctx, s)
		f.use(nil)
		s.retire()
		if ctx.Err() == nil {
			f.say("%s", f.pods.ended(s.pod))
		}
	}
}

// watch returns when the session's pod serves no more or the connection is lost.
func (f *forwarding) watch(ctx context.Context, s *session) {
	for {
		pod, changed := f.pods.choose(s.pod.UID)
		if pod == nil || pod.UID != s.pod.UID {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-s.CloseChan():
			return
		case <-changed:
		}
	}
}

// connect returns a connection to a pod that serves, the last one if it still does; nil when ctx ended.
func (f *forwarding) connect(ctx context.Context, last types.UID) *session {
	pause, waits := shortestPause, false
	for ctx.Err() == nil {
		pod, changed := f.pods.choose(last)
		if pod == nil {
			if !waits {
				f.say("no pod of %s is ready: waiting for one (factory status says why)", f.Service)
			}
			waits = true
			f.await(ctx, changed, 0)
			continue
		}
		connection, err := f.dialed(ctx, pod.Name)
		if err == nil {
			// It may outlive its place as the one that new callers use.
			context.AfterFunc(ctx, func() { connection.Close() })
			return f.begin(&session{Connection: connection, pod: pod}, last)
		}
		if refused(err) {
			f.fail(fmt.Errorf("connecting to pod %s: %w", pod.Name, err))
			return nil
		}
		if pause == shortestPause && ctx.Err() == nil {
			f.say("%s cannot be connected to: %v: trying again", pod.Name, err)
		}
		f.await(ctx, nil, pause)
		pause = min(2*pause, longestPause)
	}
	return nil
}

// refused tells whether a person's rights are what is missing. Of a connection that is to be upgraded only the text of
// the API server's answer is left.
func refused(err error) bool {
	return apierrors.IsForbidden(err) || apierrors.IsUnauthorized(err) || strings.Contains(err.Error(), " is forbidden: ") ||
		strings.HasSuffix(err.Error(), ": Unauthorized")
}

// begin tells of a new connection.
func (f *forwarding) begin(s *session, last types.UID) *session {
	switch {
	case last == "":
		f.telling.Lock()
		defer f.telling.Unlock()
		f.Connected(s.pod.Name)
	case last == s.pod.UID:
		f.say("connected to %s again", s.pod.Name)
	default:
		f.say("now connected to %s", s.pod.Name)
	}
	return s
}

// dialed dials, and gives up when ctx ends.
func (f *forwarding) dialed(ctx context.Context, pod string) (httpstream.Connection, error) {
	type result struct {
		connection httpstream.Connection
		err        error
	}
	done := make(chan result, 1)
	go func() {
		connection, err := f.dial(pod)
		done <- result{connection, err}
	}()
	select {
	case r := <-done:
		return r.connection, r.err
	case <-ctx.Done():
		go func() {
			if r := <-done; r.err == nil {
				r.connection.Close()
			}
		}()
		return nil, ctx.Err()
	}
}

// await returns true when changed is closed, false when the time is over (0 is no limit) or ctx ends.
func (f *forwarding) await(ctx context.Context, changed <-chan struct{}, limit time.Duration) bool {
	var over <-chan time.Time
	if limit > 0 {
		timer := time.NewTimer(limit)
		defer timer.Stop()
		over = timer.C
	}
	select {
	case <-changed:
		return true
	case <-over:
	case <-ctx.Done():
	}
	return false
}

func (f *forwarding) use(s *session) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.session = s; s != nil {
		close(f.connected)
		f.connected = make(chan struct{})
	}
}

// enter returns the session for a new caller, other than the one that failed it, and waits for it if there is none.
func (f *forwarding) enter(ctx context.Context, failed *session) (*session, error) {
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		f.mu.Lock()
		s, connected := f.session, f.connected
		if s != nil && s != failed {
			s.enter()
			f.mu.Unlock()
			return s, nil
		}
		f.mu.Unlock()
		if !f.await(limited, connected, 0) {
			return nil, errors.Join(ctx.Err(), fmt.Errorf("no pod of %s was ready for %s", f.Service, patience))
		}
	}
}

// accept takes the callers of one local port.
func (f *forwarding) accept(ctx context.Context, port *Port, listener net.Listener) {
	var callers sync.WaitGroup
	defer callers.Wait()
	for {
		caller, err := listener.Accept()
		if err != nil {
			if !errors.Is(err, net.ErrClosed) {
				f.fail(fmt.Errorf("listening on port %d: %w", port.Local, err))
			}
			return
		}
		callers.Go(func() { f.carry(ctx, port, caller) })
	}
}
