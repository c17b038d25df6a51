package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/helm-chart-factory/factory/services/backend/api"
	"github.com/helm-chart-factory/factory/services/backend/kube"
	"github.com/helm-chart-factory/factory/services/backend/postgres"
)

// Kubernetes kills a pod 30 s after it asked it to end; the drain delay and these three must fit into that.
const (
	requestsEnd   = 15 * time.Second
	backgroundEnd = 5 * time.Second
	poolEnd       = 2 * time.Second
)

// serve answers requests until ctx ends, then shuts down in order: not ready, drained, closed. It returns an error only
// when it could not start or could not finish in time; a database or a Kubernetes API out of reach is neither.
func serve(ctx context.Context, s settings, log *slog.Logger) error {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))

	store, err := postgres.Open(s.database, log, registry)
	if err != nil {
		return fmt.Errorf("reading the database's settings: %w", err)
	}
	defer closeWithin(poolEnd, store.Close)
	recorder := postgres.NewRecorder(store, log, registry)
	cluster, err := kube.Open(kube.Options{
		Namespace: s.namespace, Kubeconfig: s.kubeconfig, Observe: recorder.Observe, Log: log, Registry: registry,
	})
	if err != nil {
		return fmt.Errorf("reading the Kubernetes client's configuration: %w", err)
	}

	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", ":"+strconv.Itoa(s.port))
	if err != nil {
		return fmt.Errorf("listening on port %d (is another process using it? set PORT): %w", s.port, err)
	}

	// The background work outlives ctx: requests that are still being answered need it.
	background, stopBackground := context.WithCancel(context.WithoutCancel(ctx))
	defer stopBackground()
	var work sync.WaitGroup
	work.Go(func() { store.Run(background) })
	work.Go(func() { cluster.Run(background) })
	work.Go(func() { recorder.Run(background, cluster) })

	handler := api.New(api.Options{
		Namespace: s.namespace, Cluster: cluster, History: store, Log: log, Registry: registry, Now: time.Now,
	})
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	log.Info("backend is listening", "address", listener.Addr().String(), "namespace", s.namespace)

	select {
	case err := <-failed:
		return fmt.Errorf("serving: %w", err)
	case <-ctx.Done():
	}
	handler.Drain()
	log.Info("backend is shutting down", "drainSeconds", s.drain.Seconds())
	time.Sleep(s.drain)

	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), requestsEnd)
	defer cancel()
	if err := server.Shutdown(bounded); err != nil {
		return errors.Join(fmt.Errorf("requests still running after %s: %w", requestsEnd, err), server.Close())
	}
	stopBackground()
	if !closeWithin(backgroundEnd, work.Wait) {
		return fmt.Errorf("background work still running after %s", backgroundEnd)
	}
	log.Info("backend has shut down")
	return nil
}

// closeWithin calls end and says whether it returned within limit.
func closeWithin(limit time.Duration, end func()) bool {
	done := make(chan struct{})
	go func() { defer close(done); end() }()
	select {
	case <-done:
		return true
	case <-time.After(limit):
		return false
	}
}
