package api_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/helm-chart-factory/factory/services/backend/api"
)

// wantGolden compares a body with a file byte for byte, white space aside: the order of keys counts.
func wantGolden(t *testing.T, got *httptest.ResponseRecorder, file string) {
	t.Helper()
	golden, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	var want bytes.Buffer
	if err := json.Compact(&want, golden); err != nil {
		t.Fatal(err)
	}
	if body := strings.TrimSuffix(got.Body.String(), "\n"); body != want.String() {
		t.Errorf("body\n got %s\nwant %s", body, &want)
	}
	if kind := got.Header().Get("Content-Type"); kind != "application/json" {
		t.Errorf("Content-Type %q", kind)
	}
}

func TestHealthAsksNobody(t *testing.T) {
	f := newFixture()
	f.cluster.err, f.history.err = kubernetesAway(), databaseDown()
	got := f.get("/health")
	wantStatus(t, got, http.StatusOK)
	if got.Body.String() != `{"status":"healthy"}`+"\n" {
		t.Errorf("body %s", got.Body)
	}
}

func TestReady(t *testing.T) {
	f := newFixture()
	got := f.get("/ready")
	wantStatus(t, got, http.StatusOK)
	wantGolden(t, got, "ready.json")

	f.cluster.err, f.history.err = kubernetesAway(), databaseDown()
	got = f.get("/ready")
	wantStatus(t, got, http.StatusServiceUnavailable)
	wantGolden(t, got, "not-ready.json")

	f.cluster.err = nil
	got = f.get("/ready?without=database")
	wantStatus(t, got, http.StatusOK)
	if strings.Contains(got.Body.String(), `"database":"ok"`) {
		t.Errorf("a database that is away is told as well: %s", got.Body)
	}
	wantStatus(t, f.get("/ready"), http.StatusServiceUnavailable)
	wantStatus(t, f.get("/ready?without=kubernetes"), http.StatusBadRequest)

	f.history.err = nil
	wantStatus(t, f.get("/ready"), http.StatusOK)
	f.Drain()
	got = f.get("/ready")
	wantStatus(t, got, http.StatusServiceUnavailable)
	if !strings.Contains(got.Body.String(), `"reason":"shutting down"`) {
		t.Errorf("body %s", got.Body)
	}
	wantStatus(t, f.get("/api/pods"), http.StatusOK)
}

func TestStatsCountPhases(t *testing.T) {
	f := newFixture()
	f.cluster.deployments = make([]api.Deployment, 3)
	f.cluster.pods = []api.Pod{
		{Phase: "Running", Status: "Running"}, {Phase: "Running", Status: "CrashLoopBackOff"},
		{Phase: "Running", Status: "Terminating"}, {Phase: "Running", Status: "Running"},
		{Phase: "Pending", Status: "ImagePullBackOff"},
	}
	got := f.get("/api/stats")
	wantStatus(t, got, http.StatusOK)
	wantGolden(t, got, "stats.json")

	f.cluster.pods = append(f.cluster.pods, api.Pod{Phase: "Succeeded", Status: "Completed"})
	if got := f.get("/api/stats"); !strings.Contains(got.Body.String(), `"totalPods":6,"runningPods":4,"pendingPods":1`) {
		t.Errorf("body %s", got.Body)
	}
}

func TestDeployments(t *testing.T) {
	f := newFixture()
	f.cluster.deployments = []api.Deployment{
		{Name: "frontend", Replicas: 2, Ready: 2, Available: 2, Created: now().Add(-26*time.Hour - 59*time.Minute)},
	}
	got := f.get("/api/deployments")
	wantStatus(t, got, http.StatusOK)
	wantGolden(t, got, "deployments.json")
}

func TestPods(t *testing.T) {
	f := newFixture()
	f.cluster.pods = []api.Pod{
		{Name: "frontend-abc123", ID: "uuid-here", Status: "Running", Phase: "Running", Node: "node-1", Created: now().Add(-2 * time.Hour)},
	}
	got := f.get("/api/pods")
	wantStatus(t, got, http.StatusOK)
	wantGolden(t, got, "pods.json")
}

func TestHistory(t *testing.T) {
	f := newFixture()
	berlin := time.FixedZone("CET", 3600)
	f.history.observations = []api.Observation{
		{PodName: "frontend-abc123", PodID: "uuid-here", Status: "CrashLoopBackOff", Node: "node-1",
			Timestamp: time.Date(2026, 3, 1, 13, 30, 45, 987654321, berlin)},
		{PodName: "waiting", PodID: "uuid-2", Status: "Pending", Timestamp: time.Date(2026, 3, 1, 11, 0, 0, 0, time.UTC)},
	}
	got := f.get("/api/pods/history")
	wantStatus(t, got, http.StatusOK)
	wantGolden(t, got, "history.json")
	if f.history.limit != 100 {
		t.Errorf("limit %d without one given, want 100", f.history.limit)
	}
	for limit, want := range map[string]int{"1": 1, "7": 7, "1000": 1000} {
		wantStatus(t, f.get("/api/pods/history?limit="+limit), http.StatusOK)
		if f.history.limit != want {
			t.Errorf("limit=%s became %d", limit, f.history.limit)
		}
	}
	for _, query := range []string{"limit=0", "limit=-1", "limit=1001", "limit=x", "limit=", "limit=1.5", "limit=1&limit=2", "limit=1;x=2", "limit=%zz",
		"limit=99999999999999999999"} {
		got := f.get("/api/pods/history?" + query)
		wantStatus(t, got, http.StatusBadRequest)
		if !strings.Contains(got.Body.String(), `"code":"bad_request"`) {
			t.Errorf("%s: body %s", query, got.Body)
		}
	}
}

func TestNothingIsAnEmptyList(t *testing.T) {
	f := newFixture()
	for _, path := range []string{"/api/deployments", "/api/pods", "/api/pods/history"} {
		if got := f.get(path); got.Body.String() != "[]\n" {
			t.Errorf("%s: body %s, want []", path, got.Body)
		}
	}
}

func TestOneSideDownLeavesTheOther(t *testing.T) {
	for name, c := range map[string]struct {
		cluster, history error
		want             map[string]int
	}{
		"database down": {nil, databaseDown(), map[string]int{
			"/api/stats": 200, "/api/deployments": 200, "/api/pods": 200, "/api/pods/history": 503}},
		"kubernetes away": {kubernetesAway(), nil, map[string]int{
			"/api/stats": 503, "/api/deployments": 503, "/api/pods": 503, "/api/pods/history": 200}},
	} {
		f := newFixture()
		f.cluster.err, f.history.err = c.cluster, c.history
		for path, want := range c.want {
			got := f.get(path)
			if got.Code != want {
				t.Errorf("%s: %s answered %d, want %d", name, path, got.Code, want)
			}
			if strings.Contains(got.Body.String(), "10.0.0") {
				t.Errorf("%s: %s tells a cause that is for the log alone: %s", name, path, got.Body)
			}
		}
		if !strings.Contains(f.log.String(), "10.0.0") {
			t.Errorf("%s: the log does not hold the cause:\n%s", name, f.log)
		}
	}
}
