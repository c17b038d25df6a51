package registries

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
)

func TestRoute(t *testing.T) {
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("WWW-Authenticate", `Bearer realm="https://login.test"`)
		w.WriteHeader(http.StatusUnauthorized)
		io.WriteString(w, r.Host+" "+r.URL.RequestURI()+" "+r.Header.Get("Authorization"))
	}))
	defer target.Close()
	address, err := url.Parse(target.URL + "/hub")
	if err != nil {
		t.Fatal(err)
	}
	handler, err := Route{Target: address, Rewrites: map[string]string{
		"^library/(.*)$": "copies/$1", "^b$": "never", "^(b)$": "first-$1",
	}}.Handler()
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"/v2/library/nginx/manifests/1?ns=docker.io": "/hub/copies/nginx/manifests/1?ns=docker.io",
		"/v2/library/a/blobs/blobs/sha256:0":         "/hub/copies/a/blobs/blobs/sha256:0",
		"/v2/b/tags/list":                            "/hub/first-b/tags/list",
		"/v2/other/manifests/1":                      "/hub/other/manifests/1",
		"/v2/":                                       "/hub/",
	} {
		request := httptest.NewRequest(http.MethodGet, "http://127.0.0.1:6500"+path, nil)
		request.Header.Set("Authorization", "Basic x")
		response := httptest.NewRecorder()
		handler.ServeHTTP(response, request)
		if got := response.Body.String(); got != address.Host+" "+want+" Basic x" {
			t.Errorf("%s arrives as %q, want %q", path, got, want)
		}
		if response.Code != http.StatusUnauthorized || response.Header().Get("WWW-Authenticate") == "" {
			t.Errorf("%s: the challenge is lost: %d %v", path, response.Code, response.Header())
		}
	}
}
