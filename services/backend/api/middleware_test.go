package api_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestUnknownPathsAndMethods(t *testing.T) {
	f := newFixture()
	got := f.get("/api/nothing")
	wantStatus(t, got, http.StatusNotFound)
	if !strings.HasPrefix(got.Body.String(), `{"error":{"code":"not_found","message":"there is nothing at this path","requestId":"`) {
		t.Errorf("body %s", got.Body)
	}
	got = f.do(http.MethodPost, "/api/pods")
	wantStatus(t, got, http.StatusMethodNotAllowed)
	if got.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("Allow %q", got.Header().Get("Allow"))
	}
	wantStatus(t, f.do(http.MethodHead, "/api/pods"), http.StatusOK)
}

func TestPanicIsAnsweredAndLogged(t *testing.T) {
	f := newFixture()
	f.cluster.panics = true
	got := f.do(http.MethodGet, "/api/pods", "X-Request-Id", "trace-1")
	wantStatus(t, got, http.StatusInternalServerError)
	if body := got.Body.String(); !strings.Contains(body, `"code":"internal",`) || !strings.Contains(body, `"requestId":"trace-1"`) || strings.Contains(body, "secret") {
		t.Errorf("body %s", body)
	}
	if log := f.log.String(); !strings.Contains(log, "a secret of the inside") || !strings.Contains(log, "pods.go") ||
		!strings.Contains(log, `"status":500`) {
		t.Errorf("log %s", log)
	}
	f.cluster.panics = false
	wantStatus(t, f.get("/api/pods"), http.StatusOK)
}

func TestRequestID(t *testing.T) {
	f := newFixture()
	given := f.do(http.MethodGet, "/api/pods", "X-Request-Id", "from-the.proxy_1").Header().Get("X-Request-Id")
	if given != "from-the.proxy_1" {
		t.Errorf("a given id became %q", given)
	}
	for _, bad := range []string{"", "two\nlines", "a b", strings.Repeat("x", 65), `"}`} {
		made := f.do(http.MethodGet, "/api/pods", "X-Request-Id", bad).Header().Get("X-Request-Id")
		if made == bad || len(made) < 20 {
			t.Errorf("id %q was kept or got a poor one: %q", bad, made)
		}
	}
	if !strings.Contains(f.log.String(), `"requestId":"from-the.proxy_1"`) {
		t.Errorf("the log does not hold the id:\n%s", f.log)
	}
}

func TestMetricsNameRoutesNotPaths(t *testing.T) {
	f := newFixture()
	f.get("/api/pods")
	f.get("/made/up/by/a/client")
	f.do("BREW", "/api/pods")
	text := f.get("/metrics").Body.String()
	for _, want := range []string{
		`backend_http_request_duration_seconds_count{method="GET",route="/api/pods",status="200"} 1`,
		`{method="GET",route="unmatched",status="404"} 1`,
		`{method="other",route="`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("metrics lack %s:\n%s", want, text)
		}
	}
	if strings.Contains(text, "made/up") || strings.Contains(text, "BREW") {
		t.Errorf("a client can make time series:\n%s", text)
	}
}

func TestProbesAreNotLogged(t *testing.T) {
	f := newFixture()
	f.get("/health")
	f.get("/ready")
	f.get("/metrics")
	if f.log.String() != "" {
		t.Errorf("log %s", f.log)
	}
	f.history.err = databaseDown()
	f.get("/ready")
	f.get("/ready")
	if n := strings.Count(f.log.String(), "readiness changed"); n != 1 {
		t.Errorf("%d lines about one change:\n%s", n, f.log)
	}
}
