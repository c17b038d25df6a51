package api

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/prometheus/client_golang/prometheus"
)

const requestIDHeader = "X-Request-Id"

type requestIDKey struct{}

// requestID returns the id that identify gave to r.
func requestID(r *http.Request) string {
	id, _ := r.Context().Value(requestIDKey{}).(string)
	return id
}

// identify keeps the id that a proxy in front has given to the request, or makes one. An id goes into logs and headers,
// so only plain short ones are kept.
func identify(next http.Handler) http.Handler {
	plain := regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get(requestIDHeader)
		if !plain.MatchString(id) {
			id = rand.Text()
		}
		w.Header().Set(requestIDHeader, id)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), requestIDKey{}, id)))
	})
}

// measure counts, times and logs every request. Probes and scrapes are logged only when they fail, or they would be most
// of the log.
func measure(log *slog.Logger, registry prometheus.Registerer) func(http.Handler) http.Handler {
	seconds := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "backend_http_request_duration_seconds",
		Help:    "Time to answer a request.",
		Buckets: []float64{.001, .005, .01, .05, .1, .5, 1, 5, 10},
	}, []string{"method", "route", "status"})
	registry.MustRegister(seconds)
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			start := time.Now()
			wrapped := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
			defer func() {
				status := wrapped.Status()
				if status == 0 {
					status = http.StatusOK
				}
				took := time.Since(start)
				seconds.WithLabelValues(method(r), route(r), strconv.Itoa(status)).Observe(took.Seconds())
				level := slog.LevelInfo
				if status < 400 && (r.URL.Path == "/health" || r.URL.Path == "/ready" || r.URL.Path == "/metrics") {
					level = slog.LevelDebug
				}
				log.Log(r.Context(), level, "request", "method", r.Method, "path", r.URL.Path, "status", status,
					"bytes", wrapped.BytesWritten(), "milliseconds", took.Milliseconds(), "requestId", requestID(r))
			}()
			next.ServeHTTP(wrapped, r)
		})
	}
}

// route is the pattern that matched, never the path: a client must not be able to make new time series.
func route(r *http.Request) string {
	if pattern := chi.RouteContext(r.Context()).RoutePattern(); pattern != "" {
		return pattern
	}
	return "unmatched"
}

func method(r *http.Request) string {
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		return r.Method
	default:
		return "other"
	}
}

// recoverPanics answers 500 when a handler panics, and keeps the server alive.
func recoverPanics(log *slog.Logger) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer func() {
				cause := recover()
				if cause == nil {
					return
				}
				if cause == http.ErrAbortHandler {
					panic(cause) // net/http's own way to drop a connection
				}
				log.ErrorContext(r.Context(), "handler panicked", "panic", fmt.Sprint(cause), "stack", string(debug.Stack()),
					"requestId", requestID(r))
				writeError(w, r, log, asError(fmt.Errorf("panic: %v", cause)))
			}()
			next.ServeHTTP(w, r)
		})
	}
}

// secure sets the headers that every answer carries: each is live data and none is a page.
func secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
}
