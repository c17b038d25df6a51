package frontend_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

func TestProxyPassesTheRequestOn(t *testing.T) {
	t.Parallel()
	var seen atomic.Pointer[http.Request]
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen.Store(r)
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path == "/base/api/broken" {
			w.WriteHeader(503)
			io.WriteString(w, `{"error":{"code":"database","message":"no database"}}`)
			return
		}
		io.WriteString(w, `{"namespace":"platform"}`)
	}))
	t.Cleanup(backend.Close)
	f := start(t, "REACT_APP_API_URL="+backend.URL+"/base/")

	got := f.get(t, "/api/stats?a=b%20c&d=%2F", "X-Forwarded-Proto", "https", "X-Forwarded-For", "192.0.2.7",
		"X-Forwarded-Host", "frontend.local", "X-Request-ID", "abc-1")
	if got.status != 200 || got.body != `{"namespace":"platform"}` || got.header.Get("Cache-Control") != "" {
		t.Fatalf("%d %s %v", got.status, got.body, got.header)
	}
	request := seen.Load()
	if request.RequestURI != "/base/api/stats?a=b%20c&d=%2F" {
		t.Errorf("the backend was asked for %s", request.RequestURI)
	}
	for name, want := range map[string]string{
		"X-Forwarded-Proto": "https",
		"X-Forwarded-For":   "192.0.2.7, 127.0.0.1",
		"X-Forwarded-Host":  "frontend.local",
		"X-Real-Ip":         "127.0.0.1",
		"X-Request-Id":      "abc-1",
	} {
		if got := request.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}

	f.get(t, "/api/stats")
	request = seen.Load()
	if request.Header.Get("X-Forwarded-Proto") != "http" || request.Header.Get("X-Forwarded-Host") != "127.0.0.1:"+f.port || len(request.Header.Get("X-Request-Id")) != 32 {
		t.Errorf("without an ingress: %v", request.Header)
	}

	if got := f.get(t, "/api/broken"); got.status != 503 || !strings.Contains(got.body, "no database") {
		t.Errorf("the backend's own error became %d %s", got.status, got.body)
	}
	if got := f.get(t, "/api"); got.status != 308 || got.header.Get("Location") != "/api/" {
		t.Errorf("/api: %d to %q", got.status, got.header.Get("Location"))
	}
}

func TestProxyLetsOnlyTheAPIThrough(t *testing.T) {
	t.Parallel()
	var paths atomic.Value
	paths.Store("")
	backend := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		paths.Store(paths.Load().(string) + r.RequestURI + " ")
	}))
	t.Cleanup(backend.Close)
	f := start(t, "REACT_APP_API_URL="+backend.URL)

	for _, path := range []string{
		"/api/../metrics", "/api/%2e%2e/metrics", "/api/..%2fmetrics", "/x/../api/stats", "//api/stats", "/%61pi/stats", "/apis", "/API/stats",
		"/api/../../metrics",
	} {
		f.get(t, path)
	}
	if got := paths.Load(); got != "" {
		t.Errorf("the backend saw %s", got)
	}
	f.get(t, "/api/pods")
	if got := paths.Load(); got != "/api/pods " {
		t.Errorf("the backend saw %s", got)
	}
}

func TestBackendDownIsSaidInJSON(t *testing.T) {
	t.Parallel()
	f := start(t, nobody)
	wantError(t, f.get(t, "/api/stats"), 502, "backend_unreachable")
}

func TestBackendThatHangsIsSaidInJSON(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	backend := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	t.Cleanup(func() { close(release); backend.Close() })
	f := start(t, "REACT_APP_API_URL="+backend.URL)
	wantError(t, f.get(t, "/api/stats"), 504, "backend_timeout")
}

func wantError(t *testing.T, got answer, status int, code string) {
	t.Helper()
	var body struct {
		Error struct{ Code, Message string }
	}
	if err := json.Unmarshal([]byte(got.body), &body); err != nil {
		t.Fatalf("%d, not JSON: %v: %s", got.status, err, got.body)
	}
	if got.status != status || body.Error.Code != code || body.Error.Message == "" ||
		got.header.Get("Content-Type") != "application/json; charset=utf-8" || got.header.Get("Cache-Control") != "no-store" {
		t.Errorf("%d %s %v; want %d %s", got.status, got.body, got.header, status, code)
	}
}

// The backend's Service comes after the frontend, then gets another address.
func TestFollowsTheBackendsName(t *testing.T) {
	t.Parallel()
	dns := startNameServer(t)
	first, port := serve(t, "127.0.0.1:0", "first")
	second, _ := serve(t, "127.0.0.2:"+port, "second")

	const name = "backend.platform.svc.cluster.local"
	resolvConf := t.TempDir() + "/resolv.conf"
	write(t, resolvConf, "search platform.svc.cluster.local svc.cluster.local cluster.local\nnameserver 127.0.0.1\noptions ndots:5\n")
	open(t, resolvConf)
	f := start(t, "REACT_APP_API_URL=http://backend:"+port, "RESOLV_CONF="+resolvConf, "RESOLVER="+dns.address)

	wantError(t, f.get(t, "/api/stats"), 502, "backend_unreachable")
	if !dns.wasAsked(name) {
		t.Errorf("nginx did not ask for %s", name)
	}

	dns.set(name, first)
	wantBody(t, f, "first", 5*time.Second)
	dns.set(name, second)
	wantBody(t, f, "second", 15*time.Second)
}

// serve answers every request with the text and returns the server's address and port.
func serve(t *testing.T, address, text string) (ip, port string) {
	t.Helper()
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, text) })}
	go server.Serve(listener)
	t.Cleanup(func() { server.Close() })
	tcp := listener.Addr().(*net.TCPAddr)
	return tcp.IP.String(), fmt.Sprint(tcp.Port)
}

func wantBody(t *testing.T, f *frontend, want string, within time.Duration) {
	t.Helper()
	var got answer
	for deadline := time.Now().Add(within); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		if got = f.get(t, "/api/stats"); got.body == want {
			return
		}
	}
	t.Fatalf("after %s the answer is still %d %q, want %q\n%s", within, got.status, got.body, want, f.log)
}

func TestQuitFinishesRequests(t *testing.T) {
	t.Parallel()
	arrived, release := make(chan struct{}, 1), make(chan struct{})
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		arrived <- struct{}{}
		<-release
		io.WriteString(w, "late")
	}))
	finish := sync.OnceFunc(func() { close(release) })
	t.Cleanup(func() { finish(); backend.Close() })
	f := start(t, "REACT_APP_API_URL="+backend.URL)

	var got answer
	finished := make(chan error, 1)
	go func() {
		var err error
		got, err = f.try(http.MethodGet, "/api/stats")
		finished <- err
	}()
	<-arrived
	f.cmd.Process.Signal(syscall.SIGQUIT)
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		conn, err := net.Dial("tcp", "127.0.0.1:"+f.port)
		if err != nil {
			break
		}
		conn.Close()
		if time.Now().After(deadline) {
			t.Fatal("nginx still accepts connections 5 s after SIGQUIT")
		}
	}
	finish()
	if err := <-finished; err != nil || got.status != 200 || got.body != "late" {
		t.Errorf("the request under way ended with %v, %d %q", err, got.status, got.body)
	}
}
