package postgres

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/helm-chart-factory/factory/services/backend/api"
)

const (
	// gather is how long changes are collected before they are written together: a rollout is one statement, not fifty.
	gather       = time.Second
	retryFirst   = time.Second
	retryLast    = 5 * time.Second
	writeTimeout = 10 * time.Second
	lastWrite    = 2 * time.Second
	// mostPending bounds memory while the database is down. What is left out is found again by reconcile.
	mostPending = 10_000
	// reconcileEvery bounds how long a lost or stale write of any replica can stay.
	reconcileEvery = 5 * time.Minute
	mostLookups    = 100
)

// Source is what the recorder asks of Kubernetes.
type Source interface {
	Pods() ([]api.Pod, error)
	// Gone says for certain whether the pod with this name and id no longer exists.
	Gone(ctx context.Context, name, id string) (bool, error)
}

// Recorder writes what it observes to the database. Several of them, in several processes, may observe the same pods.
type Recorder struct {
	store   *Store
	log     *slog.Logger
	rows    prometheus.Counter
	failure prometheus.Counter
	wake    chan struct{}
	now     func() time.Time

	mu      sync.Mutex
	pending map[string]api.Observation // by pod id: to be written
	written map[string]state           // by pod id: known to be stored
}

type state struct{ status, node string }

// NewRecorder returns a Recorder that collects at once and writes once it runs.
func NewRecorder(store *Store, log *slog.Logger, registry prometheus.Registerer) *Recorder {
	r := &Recorder{
		store: store, log: log, wake: make(chan struct{}, 1), now: time.Now,
		pending: map[string]api.Observation{}, written: map[string]state{},
		rows: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "backend_recorder_rows_written_total", Help: "Rows of pod_metrics inserted or changed by this replica.",
		}),
		failure: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "backend_recorder_failures_total", Help: "Writes that failed and will be tried again.",
		}),
	}
	registry.MustRegister(r.rows, r.failure)
	return r
}

// Observe takes note of a pod's state, to be written soon. It never blocks on the database.
func (r *Recorder) Observe(o api.Observation) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if waiting, ok := r.pending[o.PodID]; ok {
		if waiting.Status == o.Status && waiting.Node == o.Node {
			return
		}
	} else if r.written[o.PodID] == (state{o.Status, o.Node}) || len(r.pending) >= mostPending {
		return
	}
	r.pending[o.PodID] = o
	signal(r.wake)
}

// Run writes until ctx ends, then once more what is left.
func (r *Recorder) Run(ctx context.Context, source Source) {
	reconcile := time.NewTimer(gather)
	defer reconcile.Stop()
	delay := retryFirst
	for {
		var err error
		select {
		case <-ctx.Done():
			r.writeLast(ctx)
			return
		case <-r.wake:
			pause(ctx, gather)
			err = r.write(ctx)
		case <-reconcile.C:
			err = r.reconcile(ctx, source)
			reconcile.Reset(reconcileEvery)
		case <-r.store.schemaMade:
			// A schema that had to be made has no rows.
			reconcile.Reset(0)
			continue
		}
		if err == nil {
			delay = retryFirst
			continue
		}
		// What the database holds after a failure is not known, it may even be another one: write everything again.
		reconcile.Reset(0)
		if ctx.Err() == nil {
			r.failure.Inc()
			r.log.Warn("recording pods failed, trying again", "error", err.Error(), "nextTrySeconds", delay.Seconds())
			pause(ctx, delay)
		}
		delay = min(2*delay, retryLast)
	}
}

// write stores what is pending. On failure it stays pending, except where something newer has come in.
func (r *Recorder) write(ctx context.Context) error {
	r.mu.Lock()
	batch := r.pending
	r.pending = map[string]api.Observation{}
	r.mu.Unlock()
	if len(batch) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	changed, err := r.store.record(ctx, slices.Collect(maps.Values(batch)))
	r.rows.Add(float64(changed))

	r.mu.Lock()
	defer r.mu.Unlock()
	for id, o := range batch {
		if err == nil {
			r.written[id] = state{o.Status, o.Node}
		} else if _, newer := r.pending[id]; !newer {
			r.pending[id] = o
		}
	}
	return err
}

// writeLast has a context of its own, since the one it was given has ended.
func (r *Recorder) writeLast(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWrite)
	defer cancel()
	if err := r.write(ctx); err != nil {
		r.log.Warn("last changes of pods are not recorded", "error", err.Error())
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
