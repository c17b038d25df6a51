package test

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// registry serves one image on the host's loopback, under every repository name, and remembers which names were asked for.
type registry struct {
	*httptest.Server
	password string // of user "reader"; empty: none is needed

	mu    sync.Mutex
	asked map[string]bool
}

// newRegistry serves the OCI archive's first image.
func newRegistry(t *testing.T, archive []byte, password string) *registry {
	t.Helper()
	r := &registry{password: password, asked: map[string]bool{}}
	blobs, manifest := readArchive(t, archive)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		if _, given, _ := request.BasicAuth(); given != r.password {
			w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
			http.Error(w, "who are you?", http.StatusUnauthorized)
			return
		}
		path := strings.TrimPrefix(request.URL.Path, "/v2/")
		repository, reference, isManifest := strings.Cut(path, "/manifests/")
		if isManifest {
			r.mu.Lock()
			r.asked[repository] = true
			r.mu.Unlock()
			if !strings.HasPrefix(reference, "sha256:") {
				reference = manifest
			}
			w.Header().Set("Content-Type", "application/vnd.oci.image.manifest.v1+json")
			w.Header().Set("Docker-Content-Digest", reference)
		} else if _, digest, ok := strings.Cut(path, "/blobs/"); ok {
			reference = digest
		}
		blob, ok := blobs[reference]
		if !ok {
			http.NotFound(w, request)
			return
		}
		http.ServeContent(w, request, "", time.Time{}, bytes.NewReader(blob))
	}))
	r.Listener.Close()
	r.Listener = listener
	r.Start()
	t.Cleanup(r.Close)
	return r
}

func (r *registry) port() int { return r.Listener.Addr().(*net.TCPAddr).Port }

func (r *registry) wasAskedFor(repository string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.asked[repository]
}

func readArchive(t *testing.T, archive []byte) (blobs map[string][]byte, manifest string) {
	t.Helper()
	blobs = map[string][]byte{}
	reader := tar.NewReader(bytes.NewReader(archive))
	for {
		header, err := reader.Next()
		if err == io.EOF {
			return blobs, manifest
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(reader)
		if err != nil {
			t.Fatal(err)
		}
		if digest, ok := strings.CutPrefix(header.Name, "blobs/sha256/"); ok {
			blobs["sha256:"+digest] = data
		}
		if header.Name == "index.json" {
			var index struct{ Manifests []struct{ Digest string } }
			if err := json.Unmarshal(data, &index); err != nil {
				t.Fatal(err)
			}
			manifest = index.Manifests[0].Digest
		}
	}
}
