package kube

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	// outage is how long an API server may be away: a restart takes some seconds, an upgrade of a node a little more.
	outage = time.Minute
	// outagePause lies between two tries.
	outagePause = time.Second / 2
)

// Outlast is the same cluster for work that goes on when the API server is restarted meanwhile: a request that did not
// reach it, and one that may be sent twice, is sent again for up to a minute. It gives up when ctx ends. say is told
// once each time that the server is away.
func (c *Cluster) Outlast(ctx context.Context, say func(format string, args ...any)) *Cluster {
	server := &presence{gone: func() { say("%s does not answer: trying again for up to %s", c.Server, outage) }}
	return c.Through(func(next http.RoundTripper) http.RoundTripper {
		return &outlasting{next: next, ctx: ctx, server: server}
	})
}

// presence is whether the server answers, as all connections to it together know.
type presence struct {
	mu   sync.Mutex
	away bool
	gone func()
}

func (p *presence) is(away bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if away && !p.away {
		p.gone()
	}
	p.away = away
}

type outlasting struct {
	next   http.RoundTripper
	ctx    context.Context
	server *presence
}

// RoundTrip implements http.RoundTripper.
func (o *outlasting) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := o.next.RoundTrip(request)
	if !again(request, err) {
		return response, err
	}
	o.server.is(true)
	for deadline := time.Now().Add(outage); again(request, err) && time.Now().Before(deadline); {
		select {
		case <-o.ctx.Done():
			return nil, err
		case <-request.Context().Done():
			return nil, err
		case <-time.After(outagePause):
		}
		repeated := request.Clone(request.Context())
		if request.GetBody != nil {
			body, bodyErr := request.GetBody()
			if bodyErr != nil {
				return nil, errors.Join(err, bodyErr)
			}
			repeated.Body = body
		}
		response, err = o.next.RoundTrip(repeated)
	}
	if err == nil {
		o.server.is(false)
	}
	return response, err
}

// again tells whether a request may be sent once more after this error. One that never left may; one whose answer got
// lost may if sending it twice is the same as once. Creating is not: the second time finds what the first one made.
func again(request *http.Request, err error) bool {
	if err == nil || request.Context().Err() != nil || request.Body != nil && request.GetBody == nil {
		return false
	}
	var operation *net.OpError
	if errors.As(err, &operation) && operation.Op == "dial" {
		return errors.Is(err, syscall.ECONNREFUSED)
	}
	return lost(err) && request.Method != http.MethodPost
}

// lost tells whether the connection broke before the whole answer was there.
func lost(err error) bool {
	for _, broken := range []error{io.EOF, io.ErrUnexpectedEOF, syscall.ECONNRESET, syscall.EPIPE} {
		if errors.Is(err, broken) {
			return true
		}
	}
	// Go's HTTP/2 client exports no errors for these.
	for _, broken := range []string{"client connection force closed", "client connection lost", "server sent GOAWAY and closed the connection"} {
		if strings.Contains(err.Error(), "http2: "+broken) {
			return true
		}
	}
	return false
}

// LostError says that nobody knows whether the API server did what it was asked for.
type LostError struct {
	Cluster string
	Err     error
}

func (e *LostError) Error() string {
	return fmt.Sprintf("%v\ncause: the connection to %s broke before the answer came, as it does when an API server is restarted\n"+
		"next: run this again: it goes on from here", e.Err, e.Cluster)
}

func (e *LostError) Unwrap() error { return e.Err }
