package test

import (
	"archive/tar"
	"bytes"
	"crypto/tls"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/helm-chart-factory/factory/cluster/internal/pki"
)

// registry serves one image under every repository name, and remembers which names were asked for.
type registry struct {
	*httptest.Server
	password string // of user "reader"; empty: none is needed

	mu    sync.Mutex
	asked map[string]bool
}

// newRegistry serves the OCI archive's first image on the host's loopback.
func newRegistry(t *testing.T, archive []byte, password string) *registry {
	t.Helper()
	r := prepareRegistry(t, archive, "127.0.0.1", password)
	r.Start()
	return r
}

// newTLSRegistry serves it at another address of the host, with a certificate that only authority vouches for.
func newTLSRegistry(t *testing.T, archive []byte, ip string, authority *pki.Authority) *registry {
	t.Helper()
	r := prepareRegistry(t, archive, ip, "")
	issued, err := authority.Issue(pki.Subject{CommonName: ip, Hosts: []string{ip}})
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.X509KeyPair(issued.Cert, issued.Key)
	if err != nil {
		t.Fatal(err)
	}
	r.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
	r.StartTLS()
	return r
}

func prepareRegistry(t *testing.T, archive []byte, ip, password string) *registry {
	t.Helper()
	r := &registry{password: password, asked: map[string]bool{}}
	blobs, manifest := readArchive(t, archive)
	listener, err := net.Listen("tcp", net.JoinHostPort(ip, "0"))
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
