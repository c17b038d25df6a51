package forward

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/streaming/pkg/httpstream"
)

// attempts is how many connections are tried for one caller.
const attempts = 3

// carry connects one caller to the port of a pod until either side ends it.
func (f *forwarding) carry(ctx context.Context, port *Port, caller net.Conn) {
	defer caller.Close()
	stop := context.AfterFunc(ctx, func() { caller.Close() })
	defer stop()
	var failed *session
	var err error
	for range attempts {
		s, missing := f.enter(ctx, failed)
		if missing != nil {
			err = missing
			break
		}
		var way *streams
		if way, err = f.open(s, port); err == nil {
			err = way.copy(caller)
			s.leave()
			break
		}
		// Nothing of the caller's has been sent yet, so it can go by another connection.
		s.leave()
		s.Close()
		failed = s
	}
	if err != nil && ctx.Err() == nil {
		f.say("a connection to port %d ended: %v", port.Local, err)
	}
}

// streams are the two that carry one caller: what is sent to and fro, and what the node says when it cannot be.
type streams struct {
	connection    httpstream.Connection
	data, trouble httpstream.Stream
}

// open opens the streams, in the headers that the protocol portforward.k8s.io asks for.
func (f *forwarding) open(s *session, port *Port) (*streams, error) {
	number, err := port.on(s.pod)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	f.calls++
	call := f.calls
	f.mu.Unlock()
	headers := http.Header{}
	headers.Set(corev1.PortHeader, strconv.Itoa(int(number)))
	headers.Set(corev1.PortForwardRequestIDHeader, strconv.Itoa(call))
	way := &streams{connection: s}
	headers.Set(corev1.StreamType, corev1.StreamTypeError)
	if way.trouble, err = s.CreateStream(headers); err != nil {
		return nil, fmt.Errorf("connecting to pod %s: %w", s.pod.Name, err)
	}
	// Nothing is written to this one.
	way.trouble.Close()
	headers.Set(corev1.StreamType, corev1.StreamTypeData)
	if way.data, err = s.CreateStream(headers); err != nil {
		s.RemoveStreams(way.trouble)
		return nil, fmt.Errorf("connecting to pod %s: %w", s.pod.Name, err)
	}
	return way, nil
}

// copy carries bytes both ways until the pod ends it or the caller is gone, and returns what the node says went wrong.
func (w *streams) copy(caller net.Conn) error {
	defer w.connection.RemoveStreams(w.data, w.trouble)
	said := make(chan string, 1)
	go func() {
		text, _ := io.ReadAll(w.trouble) // what cannot be read says nothing
		said <- strings.TrimSpace(string(text))
	}()
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		_, _ = io.Copy(w.data, caller) // either side may end it
		w.data.Close()
	}()
	_, _ = io.Copy(caller, w.data)
	caller.Close()
	// What was not sent is not wanted any more; it would keep the trouble from being told.
	_ = w.data.Reset()
	<-sent
	if text := <-said; text != "" {
		return fmt.Errorf("%s", brief(text))
	}
	return nil
}

// brief takes the beginnings off that say over and over that forwarding failed.
func brief(text string) string {
	if at := strings.LastIndex(text, "failed to connect to "); at >= 0 {
		return text[at:]
	}
	if at := strings.LastIndex(text, "dial tcp"); at >= 0 {
		return text[at:]
	}
	return text
}
