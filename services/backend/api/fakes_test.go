package api_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/helm-chart-factory/factory/services/backend/api"
)

// now is when every test happens.
func now() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

type fakeCluster struct {
	pods        []api.Pod
	deployments []api.Deployment
	err         error
	panics      bool
}

func (f *fakeCluster) Pods() ([]api.Pod, error) {
	if f.panics {
		panic("a secret of the inside")
	}
	return f.pods, f.err
}
func (f *fakeCluster) Deployments() ([]api.Deployment, error) { return f.deployments, f.err }
func (f *fakeCluster) Ready() error                           { return f.err }

type fakeHistory struct {
	observations []api.Observation
	limit        int
	err          error
}

func (f *fakeHistory) Recent(_ context.Context, limit int) ([]api.Observation, error) {
	f.limit = limit
	return f.observations, f.err
}
func (f *fakeHistory) Ready(context.Context) error { return f.err }

// fixture is an API over fakes, and its log.
type fixture struct {
	*api.API
	cluster *fakeCluster
	history *fakeHistory
	log     *safeBuffer
}

type safeBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func newFixture() *fixture {
	f := &fixture{cluster: &fakeCluster{}, history: &fakeHistory{}, log: &safeBuffer{}}
	f.API = api.New(api.Options{
		Namespace: "platform", Cluster: f.cluster, History: f.history, Log: slog.New(slog.NewJSONHandler(f.log, nil)),
		Registry: prometheus.NewRegistry(), Now: now,
	})
	return f
}

func (f *fixture) do(method, target string, headers ...string) *httptest.ResponseRecorder {
	request := httptest.NewRequest(method, target, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	recorder := httptest.NewRecorder()
	f.ServeHTTP(recorder, request)
	return recorder
}

func (f *fixture) get(target string) *httptest.ResponseRecorder { return f.do(http.MethodGet, target) }

func databaseDown() error {
	return &api.Error{Code: api.DatabaseUnavailable, Message: "database: it is down", Cause: errors.New("dial 10.0.0.7: refused")}
}

func kubernetesAway() error {
	return &api.Error{Code: api.KubernetesUnavailable, Message: "kubernetes: it is away", Cause: errors.New("dial 10.0.0.1: refused")}
}

func wantStatus(t *testing.T, got *httptest.ResponseRecorder, want int) {
	t.Helper()
	if got.Code != want {
		t.Errorf("status %d, want %d; body %s", got.Code, want, got.Body)
	}
}
