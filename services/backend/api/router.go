package api

import (
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Options is what the API is made of. All fields are required.
type Options struct {
	Namespace string
	Cluster   Cluster
	History   History
	Log       *slog.Logger
	Registry  *prometheus.Registry
	// Now is the clock that ages are counted from.
	Now func() time.Time
}

// API answers HTTP requests.
type API struct {
	Options
	routes   http.Handler
	draining atomic.Bool
	// lastReason is the reason of the last answer of /ready, a string: each change is logged once.
	lastReason atomic.Value
}

// New returns the API with all its routes.
func New(o Options) *API {
	a := &API{Options: o}
	r := chi.NewRouter()
	r.Use(identify, measure(o.Log, o.Registry), recoverPanics(o.Log), secure, middleware.GetHead)

	get := func(path string, e endpoint) { r.Get(path, respond(o.Log, e)) }
	get("/health", a.health)
	r.Get("/ready", a.ready)
	get("/api/stats", a.stats)
	get("/api/deployments", a.deployments)
	get("/api/pods", a.pods)
	get("/api/pods/history", a.podHistory)
	r.Handle("/metrics", promhttp.HandlerFor(o.Registry, promhttp.HandlerOpts{}))

	r.NotFound(respond(o.Log, func(*http.Request) (any, error) {
		return nil, &Error{Code: NotFound, Message: "there is nothing at this path"}
	}))
	r.MethodNotAllowed(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", "GET, HEAD")
		writeError(w, r, o.Log, &Error{Code: MethodNotAllowed, Message: "this API is read-only: use GET"})
	})
	a.routes = r
	return a
}

// ServeHTTP implements http.Handler.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.routes.ServeHTTP(w, r) }

// Drain makes /ready answer 503 from now on, so that no new traffic is sent here. Everything else is still answered.
func (a *API) Drain() { a.draining.Store(true) }
