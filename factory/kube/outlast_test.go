package kube

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// failing answers with an error a number of times, and then well. It keeps the bodies that it was sent.
type failing struct {
	times  int
	err    error
	bodies []string
}

func (f *failing) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.Body != nil {
		body, err := io.ReadAll(request.Body)
		if err != nil {
			return nil, err
		}
		f.bodies = append(f.bodies, string(body))
	}
	if f.times--; f.times >= 0 {
		return nil, f.err
	}
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
}

var (
	refused = &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
	reset   = &net.OpError{Op: "read", Err: syscall.ECONNRESET}
)

func TestOutlast(t *testing.T) {
	for name, test := range map[string]struct {
		method string
		err    error
		times  int
		tries  int
		takes  time.Duration
	}{
		"what never left is sent again":              {method: http.MethodPost, err: refused, times: 5, tries: 6, takes: 5 * time.Second / 2},
		"an answer that got lost is asked for again": {method: http.MethodGet, err: reset, times: 2, tries: 3, takes: time.Second},
		"a connection that is closed takes answers along": {method: http.MethodGet, times: 1, tries: 2, takes: time.Second / 2,
			err: errors.New("http2: client connection force closed via ClientConn.Close")},
		"a patch may be sent twice":                    {method: http.MethodPatch, err: io.EOF, times: 1, tries: 2, takes: time.Second / 2},
		"what may have been created is not made again": {method: http.MethodPost, err: reset, times: 1, tries: 1},
		"a certificate that is not trusted stays so":   {method: http.MethodGet, err: errors.New("x509: unknown authority"), times: 1, tries: 1},
		"a name that does not resolve is no restart":   {method: http.MethodGet, err: &net.OpError{Op: "dial", Err: &net.DNSError{IsNotFound: true}}, times: 1, tries: 1},
		"a server that stays away is given up":         {method: http.MethodGet, err: refused, times: 1000, tries: 121, takes: outage},
		"one that answers is not asked a second time":  {method: http.MethodGet, times: 0, tries: 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server, said := &failing{times: test.times, err: test.err}, 0
				o := &outlasting{next: server, ctx: t.Context(), server: &presence{gone: func() { said++ }}}
				request, err := http.NewRequestWithContext(t.Context(), test.method, "http://api", strings.NewReader("body"))
				if err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				_, err = o.RoundTrip(request)
				if well := test.tries > test.times; well != (err == nil) {
					t.Errorf("it ended with %v", err)
				}
				if len(server.bodies) != test.tries || strings.Join(server.bodies, "") != strings.Repeat("body", test.tries) {
					t.Errorf("sent %d times: %q, want %d times", len(server.bodies), server.bodies, test.tries)
				}
				if took := time.Since(start); took != test.takes {
					t.Errorf("it took %s, want %s", took, test.takes)
				}
				if want := min(test.tries-1, 1); said != want {
					t.Errorf("said %d times that it is away, want %d", said, want)
				}
			})
		})
	}
}

func TestOutlastEndsWithTheWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		o := &outlasting{next: &failing{times: 1000, err: refused}, ctx: ctx, server: &presence{gone: cancel}}
		request, err := http.NewRequest(http.MethodGet, "http://api", nil)
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if _, err := o.RoundTrip(request); !errors.Is(err, syscall.ECONNREFUSED) || time.Since(start) > 0 {
			t.Errorf("got %v after %s, want the refusal at once", err, time.Since(start))
		}
	})
}
