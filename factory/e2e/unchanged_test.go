//go:build e2e

package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"k8s.io/client-go/rest"

	"github.com/helm-chart-factory/factory/factory/kube"
)

// unchangedWithin is how long a deploy may take that has nothing to do.
const unchangedWithin = 2 * time.Second

// deployAgain deploys what runs already: soon done, and the API server is asked to write nothing.
func deployAgain(t *testing.T, s *stack) {
	revision, pods := s.revision(t), s.podUIDs(t)
	// The median of three: the machine runs the cluster, too.
	var times [3]time.Duration
	for i := range times {
		start := time.Now()
		s.run(t, s.factory, "deploy")
		times[i] = time.Since(start)
	}
	slices.Sort(times[:])
	took := times[1]
	t.Logf("a deploy of what runs already took %s", took.Round(10*time.Millisecond))
	if took > unchangedWithin {
		t.Errorf("it took %s, want %s at most", took, unchangedWithin)
	}
	asked := s.watchRequests(t)
	s.run(t, s.factory, "deploy", "--kubeconfig", asked.kubeconfig)
	if reads, writes := asked.seen(); reads == 0 || len(writes) > 0 {
		t.Errorf("%d reads and the writes %v, want reads alone", reads, writes)
	}
	s.unchanged(t, revision, pods)
}

// requests are what passed through a door to the API server.
type requests struct {
	kubeconfig string

	mu     sync.Mutex
	reads  int
	writes []string
}

// watchRequests opens a door to the API server that notes what passes.
func (s *stack) watchRequests(t *testing.T) *requests {
	t.Helper()
	cluster, err := kube.Open(kube.Named, s.kubeconfig, "")
	if err != nil {
		t.Fatal(err)
	}
	config, err := cluster.ToRESTConfig()
	if err != nil {
		t.Fatal(err)
	}
	transport, err := rest.TransportFor(config)
	if err != nil {
		t.Fatal(err)
	}
	server, err := url.Parse(config.Host)
	if err != nil {
		t.Fatal(err)
	}
	r := &requests{kubeconfig: filepath.Join(t.TempDir(), "kubeconfig")}
	proxy := &httputil.ReverseProxy{
		Transport: transport, FlushInterval: -1,
		Rewrite: func(p *httputil.ProxyRequest) { p.SetURL(server); r.note(p.In) },
	}
	door := httptest.NewServer(proxy)
	t.Cleanup(door.Close)
	const text = "apiVersion: v1\nkind: Config\ncurrent-context: door\ncontexts: [{name: door, context: {cluster: door, user: nobody}}]\n" +
		"clusters: [{name: door, cluster: {server: %q}}]\nusers: [{name: nobody, user: {}}]\n"
	if err := os.WriteFile(r.kubeconfig, fmt.Appendf(nil, text, door.URL), 0o600); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *requests) note(request *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if request.Method == http.MethodGet || request.URL.Query().Get("dryRun") != "" {
		r.reads++
		return
	}
	r.writes = append(r.writes, request.Method+" "+request.URL.Path)
}

func (r *requests) seen() (reads int, writes []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.reads, r.writes
}
