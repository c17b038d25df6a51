// Package frontend_test runs the image's entrypoint and nginx.conf with a real nginx.
package frontend_test

import (
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A port on which nothing listens.
const nobody = "REACT_APP_API_URL=http://127.0.0.1:9"

func TestHealthAndReadyDoNotNeedTheBackend(t *testing.T) {
	t.Parallel()
	f := start(t, nobody)

	if got := f.get(t, "/health"); got.status != 200 || got.body != `{"status":"ok"}` {
		t.Errorf("/health: %d %s", got.status, got.body)
	}
	if got := f.get(t, "/ready"); got.status != 200 || got.body != `{"status":"ready"}` {
		t.Errorf("/ready: %d %s", got.status, got.body)
	}

	if err := os.Remove(filepath.Join(f.app, "html", "index.html")); err != nil {
		t.Fatal(err)
	}
	if got := f.get(t, "/ready"); got.status != 503 || !strings.Contains(got.body, "index.html is missing") {
		t.Errorf("/ready without a page: %d %s", got.status, got.body)
	}
	if got := f.get(t, "/health"); got.status != 200 {
		t.Errorf("/health without a page: %d", got.status)
	}
}

func TestPagesAndAssets(t *testing.T) {
	t.Parallel()
	f := start(t, nobody)

	const forever = "public, max-age=31536000, immutable"
	tests := []struct {
		method, path string
		status       int
		contentType  string
		cache        string
	}{
		{"GET", "/", 200, "text/html; charset=utf-8", "no-cache"},
		{"GET", "/index.html", 200, "text/html; charset=utf-8", "no-cache"},
		{"GET", "/pods/backend-0?tab=logs", 200, "text/html; charset=utf-8", "no-cache"},
		{"GET", "/assets/index-abc123.js", 200, "text/javascript; charset=utf-8", forever},
		{"HEAD", "/assets/index-abc123.js", 200, "text/javascript; charset=utf-8", forever},
		{"GET", "/assets/index-gone.js", 404, "text/html", "no-cache"},
		{"GET", "/assets/gone", 404, "text/html", "no-cache"},
		{"GET", "/robots.txt", 404, "text/html", "no-cache"},
		{"GET", "/.git/config", 404, "text/html", "no-cache"},
		{"POST", "/", 405, "text/html", "no-cache"},
		{"GET", "/health", 200, "application/json", "no-store"},
	}
	for _, test := range tests {
		got := f.send(t, test.method, test.path)
		contentType := got.header.Get("Content-Type")
		if got.status != test.status || !strings.HasPrefix(contentType, test.contentType) || got.header.Get("Cache-Control") != test.cache {
			t.Errorf("%s %s: %d, %q, %q; want %d, %q, %q", test.method, test.path,
				got.status, contentType, got.header.Get("Cache-Control"), test.status, test.contentType, test.cache)
		}
	}

	if got := f.get(t, "/pods/backend-0"); got.body != page {
		t.Errorf("a path of the page's own gives %q", got.body)
	}
	if got := f.get(t, "/assets/index-abc123.js", "Accept-Encoding", "gzip"); got.header.Get("Content-Encoding") != "gzip" || got.header.Get("Vary") != "Accept-Encoding" {
		t.Errorf("scripts are not compressed: %v", got.header)
	}
	etag := f.get(t, "/").header.Get("Etag")
	if got := f.get(t, "/", "If-None-Match", etag); got.status != 304 {
		t.Errorf("an unchanged page is sent again: %d", got.status)
	}
}

func TestSecurityHeadersAreOnEveryAnswer(t *testing.T) {
	t.Parallel()
	f := start(t, nobody)

	for _, path := range []string{"/", "/assets/index-abc123.js", "/assets/gone.js", "/health", "/ready", "/api/stats"} {
		header := f.get(t, path).header
		for name, want := range map[string]string{
			"Content-Security-Policy":      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
			"Cross-Origin-Opener-Policy":   "same-origin",
			"Cross-Origin-Resource-Policy": "same-origin",
			"Permissions-Policy":           "camera=(), geolocation=(), microphone=()",
			"Referrer-Policy":              "no-referrer",
			"X-Content-Type-Options":       "nosniff",
			"X-Frame-Options":              "DENY",
			"Server":                       "nginx",
		} {
			if got := header.Values(name); len(got) != 1 || got[0] != want {
				t.Errorf("%s: %s is %q, want %q", path, name, got, want)
			}
		}
	}
}

func TestNothingOutsideThePageIsServed(t *testing.T) {
	t.Parallel()
	f := start(t, nobody)

	for _, path := range []string{
		"/../nginx.conf", "/assets/../../nginx.conf", "/..%2fnginx.conf", "/%2e%2e/nginx.conf", "/assets/..%2f..%2fnginx.conf",
		"/assets/%252e%252e/%252e%252e/nginx.conf", "/assets../nginx.conf", "//nginx.conf", "/..\\nginx.conf",
		"/../../../../../../etc/passwd", "/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd", "/nginx.conf%00.js",
	} {
		got := f.get(t, path)
		if strings.Contains(got.body, "worker_processes") || strings.Contains(got.body, "root:") {
			t.Errorf("%s is served", path)
		}
		if got.status != 400 && got.status != 404 && got.body != page {
			t.Errorf("%s: %d %.80q", path, got.status, got.body)
		}
	}
}

func TestListensOnIPv6WhereThereIsOne(t *testing.T) {
	t.Parallel()
	f := start(t, nobody)

	listener, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		t.Logf("this machine has no IPv6 (%v); nginx runs without it", err)
		return
	}
	listener.Close()
	response, err := http.Get("http://[::1]:" + f.port + "/health")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
}

func TestLogsRequestsButNotProbes(t *testing.T) {
	t.Parallel()
	f := start(t, nobody)
	f.get(t, "/ready")
	f.get(t, "/pods", "X-Request-ID", "abc-1")
	f.stop(t)

	log := f.log.String()
	if !strings.Contains(log, `"method":"GET","path":"/pods","status":200`) || !strings.Contains(log, `"requestId":"abc-1"`) {
		t.Errorf("the request is not in the log:\n%s", log)
	}
	if strings.Contains(log, "/ready") {
		t.Errorf("probes are in the log:\n%s", log)
	}
	// Debian's and nginx' own image differ in what they say when a compiled-in path is out of reach.
	if strings.Contains(log, "[emerg]") || strings.Contains(log, "[alert]") || strings.Contains(log, "Permission denied") {
		t.Errorf("nginx complains:\n%s", log)
	}
}

func TestHealthcheckWithAndWithoutWget(t *testing.T) {
	t.Parallel()
	f := start(t, nobody)

	bare := t.TempDir()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(bash, filepath.Join(bare, "bash")); err != nil {
		t.Fatal(err)
	}
	check := func(path, port string) error {
		cmd := exec.Command("/bin/sh", filepath.Join(f.app, "healthcheck.sh"))
		cmd.Env = []string{"PATH=" + path, "PORT=" + port}
		return cmd.Run()
	}
	for _, path := range []string{"/usr/bin:/bin", bare} {
		if err := check(path, f.port); err != nil {
			t.Errorf("with PATH=%s the check fails on a healthy server: %v", path, err)
		}
		if check(path, "9") == nil {
			t.Errorf("with PATH=%s the check passes where nothing listens", path)
		}
	}
	if err := os.Remove(filepath.Join(f.app, "html", "index.html")); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/usr/bin:/bin", bare} {
		if check(path, f.port) == nil {
			t.Errorf("with PATH=%s the check passes without a page", path)
		}
	}
}
