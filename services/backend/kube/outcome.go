package kube

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// outcomes remembers the last request that failed. It listens on the transport, because client-go retries a refused
// connection for ever without telling its watch error handler.
type outcomes struct {
	last     atomic.Pointer[failure]
	failures prometheus.Counter
}

// failure is a request without a usable answer. Status is 0 when there was no answer at all.
type failure struct {
	status int
	cause  error
}

func newOutcomes() *outcomes {
	return &outcomes{failures: prometheus.NewCounter(prometheus.CounterOpts{
		Name: "backend_kubernetes_request_failures_total",
		Help: "Requests to the Kubernetes API that got no answer or a refusal.",
	})}
}

// listen wraps a transport.
func (o *outcomes) listen(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		response, err := next.RoundTrip(r)
		switch {
		case errors.Is(err, context.Canceled):
			return response, err // this process is ending
		case err != nil:
			o.note(failure{cause: err})
		case response.StatusCode >= 400 && response.StatusCode != http.StatusNotFound:
			o.note(failure{response.StatusCode, fmt.Errorf("%s %s: %s", r.Method, r.URL.Path, response.Status)})
		}
		return response, err
	})
}

func (o *outcomes) note(f failure) {
	o.failures.Inc()
	o.last.Store(&f)
}

// reason tells, in words that are safe to show, why nothing has been listed yet, and the cause for the log.
func (o *outcomes) reason(namespace string) (string, error) {
	last := o.last.Load()
	switch {
	case last == nil:
		return "the first list has not arrived yet", nil
	case last.status == 0:
		return "the API server cannot be reached", last.cause
	case last.status == http.StatusUnauthorized:
		return "the credentials were refused", last.cause
	case last.status == http.StatusForbidden:
		return fmt.Sprintf("access is forbidden: the ServiceAccount needs get, list and watch on pods and "+
			"deployments.apps in namespace %s", namespace), last.cause
	default:
		return fmt.Sprintf("the API server answers with status %d", last.status), last.cause
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
