package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/helm-chart-factory/factory/services/backend/kube/kubetest"
	"github.com/helm-chart-factory/factory/services/backend/postgres/postgrestest"
)

func databaseEnv(server *postgrestest.Server) []string {
	return []string{"DB_HOST=127.0.0.1", fmt.Sprintf("DB_PORT=%d", server.Port), "DB_PASSWORD=" + postgrestest.Password}
}

// TestServe runs two replicas through a day in production: a start before the database, pods that come and go, an
// outage, an orderly end.
func TestServe(t *testing.T) {
	cluster := kubetest.Start(t)
	cluster.Namespace(t, "platform")
	web := cluster.Pod(t, "platform", "web")
	server := postgrestest.Start(t)
	server.Database(t, "k8s_metrics")
	server.Stop(t)

	env := append(databaseEnv(server), "KUBECONFIG="+cluster.Kubeconfig, "DRAIN_DELAY=2s")
	first, second := start(t, env...), start(t, env...)
	for _, p := range []*process{first, second} {
		p.becomes("/api/pods", http.StatusOK)
		p.want("/ready", http.StatusServiceUnavailable, `"reason":"database: the connection is refused`)
		p.want("/api/stats", http.StatusOK, `{"namespace":"platform","totalDeployments":0,"totalPods":1,"runningPods":0,"pendingPods":1}`)
		p.want("/api/deployments", http.StatusOK, "[]")
		p.want("/api/pods/history", http.StatusServiceUnavailable, `"code":"database_unavailable"`)
	}

	server.Resume(t)
	for _, p := range []*process{first, second} {
		p.becomes("/ready", http.StatusOK)
		p.eventually("the pod in the history", func() bool { return historyOf(t, p, "web") == "Pending" })
		p.want("/metrics", http.StatusOK, `backend_http_request_duration_seconds_count{method="GET",route="/ready",status="200"}`)
	}

	// The database goes away while pods change.
	server.Stop(t)
	cluster.Play(t, web, corev1.PodStatus{Phase: corev1.PodRunning})
	other := cluster.Pod(t, "platform", "other")
	for _, p := range []*process{first, second} {
		p.becomes("/ready", http.StatusServiceUnavailable)
		p.want("/health", http.StatusOK, `{"status":"healthy"}`)
		p.eventually("both pods", func() bool {
			_, body := p.get("/api/stats")
			return strings.Contains(body, `"totalPods":2,"runningPods":1,"pendingPods":1`)
		})
		p.want("/api/pods/history", http.StatusServiceUnavailable, `{"error":{"code":"database_unavailable","message":"database: `)
	}
	cluster.Delete(t, other)
	server.Resume(t)
	for _, p := range []*process{first, second} {
		p.becomes("/ready", http.StatusOK)
		p.eventually("what changed during the outage", func() bool {
			return historyOf(t, p, "web") == "Running" && historyOf(t, p, "other") == "Terminated"
		})
	}
	rows := server.Rows(t, "k8s_metrics", "SELECT pod_id FROM pod_metrics ORDER BY pod_name")
	if want := []string{string(other.UID), string(web.UID)}; !slices.Equal(rows, want) {
		t.Errorf("rows %v, want one a pod: %v", rows, want)
	}

	done := make(chan struct{})
	go func() {
		defer close(done)
		first.eventually("the first replica to say that it drains", func() bool {
			status, body := first.get("/ready")
			return status == http.StatusServiceUnavailable && strings.Contains(body, "shutting down")
		})
		cluster.Pod(t, "platform", "late")
		first.eventually("a pod that came while draining", func() bool {
			_, body := first.get("/api/pods")
			return strings.Contains(body, `"late"`)
		})
	}()
	status, took := first.stop()
	<-done
	if status != 0 || took < 2*time.Second || took > 12*time.Second {
		t.Errorf("the first replica ended after %s with status %d, want 0 after the drain of 2 s and within 12 s", took, status)
	}
	if !strings.Contains(first.log.String(), "backend has shut down") {
		t.Errorf("the log does not tell the end:\n%s", first.log)
	}
	second.want("/ready", http.StatusOK, `"status":"ready"`)
}

// historyOf returns the status of the one row about a pod, or what is there instead of one row.
func historyOf(t *testing.T, p *process, name string) string {
	t.Helper()
	_, body := p.get("/api/pods/history?limit=1000")
	var rows []struct{ PodName, Status string }
	if err := json.Unmarshal([]byte(body), &rows); err != nil {
		return body
	}
	var statuses []string
	for _, row := range rows {
		if row.PodName == name {
			statuses = append(statuses, row.Status)
		}
	}
	return strings.Join(statuses, ", ")
}

func TestServeOutsideACluster(t *testing.T) {
	server := postgrestest.Start(t)
	server.Database(t, "k8s_metrics")
	p := start(t, databaseEnv(server)...)
	p.becomes("/api/pods/history", http.StatusOK)
	p.want("/api/pods/history", http.StatusOK, "[]")
	for _, path := range []string{"/api/stats", "/api/deployments", "/api/pods", "/ready"} {
		p.want(path, http.StatusServiceUnavailable, "not in a cluster and no kubeconfig: set KUBECONFIG")
	}
	p.want("/health", http.StatusOK, "healthy")
	if !strings.Contains(p.log.String(), "no Kubernetes cluster: deployments, pods and stats will answer 503") {
		t.Errorf("the log does not say it:\n%s", p.log)
	}
	if status, took := p.stop(); status != 0 || took > 5*time.Second {
		t.Errorf("ended after %s with status %d", took, status)
	}
}

func TestStartThatCannotWork(t *testing.T) {
	taken, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := fmt.Sprintf("PORT=%d", taken.Addr().(*net.TCPAddr).Port)
	for name, c := range map[string]struct {
		env    []string
		args   []string
		status int
		want   string
	}{
		"a taken port":     {[]string{port}, nil, 1, "is another process using it? set PORT"},
		"a bad variable":   {[]string{"DB_PORT=x"}, nil, 1, `DB_PORT is \"x\": want a port number`},
		"a bad sslmode":    {[]string{"DB_SSLMODE=x"}, nil, 1, "sslmode"},
		"a lost file":      {[]string{"KUBECONFIG=/nowhere/config"}, nil, 1, "/nowhere/config"},
		"a strange option": {nil, []string{"-serve"}, 2, "usage: backend"},
	} {
		command := backend(t, c.env, c.args...)
		out, _ := command.CombinedOutput()
		if status := command.ProcessState.ExitCode(); status != c.status || !strings.Contains(string(out), c.want) {
			t.Errorf("%s: status %d, output\n%s\nwant %d with %q", name, status, out, c.status, c.want)
		}
	}
}

func TestCheck(t *testing.T) {
	server := http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/health" {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = server.Serve(listener) }()
	url := "http://" + listener.Addr().String()
	for path, want := range map[string]int{"/health": 0, "/ready": 1} {
		var stderr bytes.Buffer
		if got := check(url+path, &stderr); got != want {
			t.Errorf("check of %s gave %d, want %d; %s", path, got, want, &stderr)
		}
	}
	_ = server.Close()
	if got := check(url+"/health", &bytes.Buffer{}); got != 1 {
		t.Errorf("check of nothing gave %d, want 1", got)
	}
	if status := backend(t, nil, "-check", url).Run(); status == nil {
		t.Error("backend -check succeeded although nothing answers")
	}
}
