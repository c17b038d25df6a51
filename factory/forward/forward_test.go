package forward

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
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
	"k8s.io/streaming/pkg/httpstream"
)

// link is a connection to a pod that answers each caller with its own name, the port, and what the caller says.
type link struct {
	pod     string
	closing chan bool
	once    sync.Once
	broken  bool   // no stream can be opened
	trouble string // what the node says instead of carrying
}

func (l *link) Close() error                       { l.once.Do(func() { close(l.closing) }); return nil }
func (l *link) CloseChan() <-chan bool             { return l.closing }
func (l *link) SetIdleTimeout(time.Duration)       {}
func (l *link) RemoveStreams(...httpstream.Stream) {}

func (l *link) CreateStream(headers http.Header) (httpstream.Stream, error) {
	if l.broken {
		return nil, errors.New("broken")
	}
	if headers.Get(corev1.StreamType) == corev1.StreamTypeError {
		return &troubleStream{Reader: strings.NewReader(l.trouble)}, nil
	}
	near, far := net.Pipe()
	go func() {
		defer far.Close()
		word := make([]byte, 5)
		if _, err := io.ReadFull(far, word); err == nil && l.trouble == "" {
			fmt.Fprintf(far, "%s on %s of %s", word, headers.Get(corev1.PortHeader), l.pod)
		}
	}()
	go func() {
		<-l.closing
		far.Close()
	}()
	return &dataStream{Conn: near}, nil
}

type troubleStream struct {
	io.Reader
	httpstream.Stream
}

func (t *troubleStream) Read(p []byte) (int, error) { return t.Reader.Read(p) }
func (t *troubleStream) Close() error               { return nil }

type dataStream struct{ net.Conn }

func (d *dataStream) Close() error         { return nil } // half of it: the pod may go on
func (d *dataStream) Reset() error         { return d.Conn.Close() }
func (d *dataStream) Headers() http.Header { return nil }
func (d *dataStream) Identifier() uint32   { return 0 }

// bench is a service with two pods and what is said while it is forwarded.
type bench struct {
	t      *testing.T
	client *fake.Clientset
	port   *Port
	mu     sync.Mutex
	links  map[string]*link
	said   []string
	refuse error
	// ended is called when Serve has returned.
	ended func()
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, client: fake.NewClientset(), links: map[string]*link{},
		port: &Port{ServicePort: corev1.ServicePort{Name: "http", Port: 20080}}}
	if err := Listen([]*Port{b.port}); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *bench) pod(name string, age time.Duration) {
	b.t.Helper()
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{
		Name: name, Namespace: "shop", UID: types.UID(name), Labels: map[string]string{"app": "web"},
		CreationTimestamp: metav1.NewTime(time.Unix(1e9, 0).Add(-age)),
	}, Status: corev1.PodStatus{Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}}}
	if _, err := b.client.CoreV1().Pods("shop").Create(b.t.Context(), pod, metav1.CreateOptions{}); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) delete(name string) {
	b.t.Helper()
	if err := b.client.CoreV1().Pods("shop").Delete(b.t.Context(), name, metav1.DeleteOptions{}); err != nil {
		b.t.Fatal(err)
	}
}

// serve forwards until the test's part is over.
func (b *bench) serve(during func()) error {
	b.t.Helper()
	ctx, cancel := context.WithCancel(b.t.Context())
	done := make(chan error, 1)
	go func() {
		if b.ended != nil {
			defer b.ended()
		}
		done <- Serve(ctx, Options{
			Namespace: "shop", Service: "web", Selector: map[string]string{"app": "web"}, Ports: []*Port{b.port}, client: b.client,
			Connected: func(pod string) { b.note("connected to " + pod) },
			Say:       func(format string, args ...any) { b.note(fmt.Sprintf(format, args...)) },
			dial: func(pod string) (httpstream.Connection, error) {
				b.mu.Lock()
				defer b.mu.Unlock()
				if b.refuse != nil {
					return nil, b.refuse
				}
				b.links[pod] = &link{pod: pod, closing: make(chan bool)}
				return b.links[pod], nil
			},
		})
	}()
	during()
	cancel()
	select {
	case err := <-done:
		return err
	case <-time.After(10 * time.Second):
		b.t.Fatal("it does not end")
		return nil
	}
}

func (b *bench) note(text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.said = append(b.said, text)
}

// heard waits until this was said.
func (b *bench) heard(text string) {
	b.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		b.mu.Lock()
		there, said := slices.Contains(b.said, text), strings.Join(b.said, "\n")
		b.mu.Unlock()
		if there {
			return
		}
		if time.Now().After(deadline) {
			b.t.Fatalf("%q was not said, but\n%s", text, said)
		}
	}
}

func (b *bench) link(pod string) *link {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.links[pod]
}

// ask calls the local port.
func (b *bench) ask() string {
	b.t.Helper()
	conn, err := net.Dial("tcp", net.JoinHostPort("localhost", strconv.Itoa(b.port.Local)))
	if err != nil {
		b.t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "hello")
	answer, err := io.ReadAll(conn)
	if err != nil {
		return err.Error()
	}
	return string(answer)
}

func (b *bench) want(got, want string) {
	b.t.Helper()
	if got != want {
		b.t.Errorf("got %q, want %q", got, want)
	}
}

func TestServeGoesOnWithAnotherPod(t *testing.T) {
	b := newBench(t)
	b.pod("web-1", 2*time.Hour)
	b.pod("web-2", time.Hour)
	err := b.serve(func() {
		b.heard("connected to web-2") // the newest is the likeliest to stay
		b.want(b.ask(), "hello on 20080 of web-2")
		b.delete("web-2")
		b.heard("web-2 is gone")
		b.heard("now connected to web-1")
		b.want(b.ask(), "hello on 20080 of web-1")
		b.delete("web-1")
		b.heard("no pod of web is ready: waiting for one (factory status says why)")
		answered := make(chan string)
		go func() { answered <- b.ask() }()
		b.pod("web-3", 0)
		b.want(<-answered, "hello on 20080 of web-3")
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("it ended with %v", err)
	}
	if _, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(b.port.Local))); err == nil {
		t.Error("the port is still listened on")
	}
}

func TestServeConnectsAgain(t *testing.T) {
	b := newBench(t)
	b.pod("web-1", 0)
	_ = b.serve(func() {
		b.heard("connected to web-1")
		b.link("web-1").Close()
		b.heard("the connection to web-1 is lost")
		b.heard("connected to web-1 again")
		// A connection that is broken and does not know it yet costs a caller nothing.
		b.link("web-1").broken = true
		b.want(b.ask(), "hello on 20080 of web-1")
	})
}

func TestServeSaysWhatTheNodeSays(t *testing.T) {
	b := newBench(t)
	b.pod("web-1", 0)
	_ = b.serve(func() {
		b.heard("connected to web-1")
		b.link("web-1").trouble = "error forwarding port 20080 to pod x, uid : failed to connect to localhost:20080 inside namespace: connection refused"
		b.want(b.ask(), "")
		b.heard(fmt.Sprintf("a connection to port %d ended: failed to connect to localhost:20080 inside namespace: connection refused", b.port.Local))
	})
}

func TestServeEndsWhereItIsForbidden(t *testing.T) {
	for name, refusal := range map[string]error{
		"as the API says it":    apierrors.NewForbidden(schema.GroupResource{Resource: "pods/portforward"}, "web-1", errors.New("no")),
		"as is left of it":      errors.New(`unable to upgrade connection: pods "web-1" is forbidden: User "eve" cannot create resource "pods/portforward"`),
		"where nobody is known": errors.New("unable to upgrade connection: Unauthorized"),
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.pod("web-1", 0)
			b.refuse = refusal
			ended := make(chan struct{})
			b.ended = func() { close(ended) }
			if err := b.serve(func() { <-ended }); !errors.Is(err, refusal) {
				t.Errorf("it ended with %v", err)
			}
		})
	}
}
