package certs

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// packaged is a chart as `helm package` writes it.
func packaged(t *testing.T) []byte {
	t.Helper()
	var archive bytes.Buffer
	zip := gzip.NewWriter(&archive)
	files := tar.NewWriter(zip)
	text := "apiVersion: v2\nname: cert-manager\nversion: v9.9.9\n"
	if err := files.WriteHeader(&tar.Header{Name: "cert-manager/Chart.yaml", Mode: 0o644, Size: int64(len(text))}); err != nil {
		t.Fatal(err)
	}
	if _, err := files.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := files.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	return archive.Bytes()
}

func TestPullChartReadsTheChartLayer(t *testing.T) {
	server := httptest.NewServer(registry.New())
	defer server.Close()
	repository := strings.TrimPrefix(server.URL, "http://") + "/charts/cert-manager"
	image, err := mutate.AppendLayers(mutate.MediaType(empty.Image, types.OCIManifestSchema1),
		static.NewLayer([]byte("signature"), "application/vnd.cncf.helm.chart.provenance.v1.prov"),
		static.NewLayer(packaged(t), chartLayer))
	if err != nil {
		t.Fatal(err)
	}
	ref, err := name.ParseReference(repository + ":v9.9.9")
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(ref, image); err != nil {
		t.Fatal(err)
	}
	pulled, err := pullChart(t.Context(), repository, "v9.9.9")
	if err != nil {
		t.Fatal(err)
	}
	chart, err := pulled()
	if err != nil {
		t.Fatal(err)
	}
	if chart.Metadata.Name != "cert-manager" || chart.Metadata.Version != "v9.9.9" {
		t.Errorf("got %+v", chart.Metadata)
	}
	if _, err := pullChart(t.Context(), repository, "v0.0.1"); err == nil {
		t.Error("a version that is not there was pulled")
	}
}

func TestTheModuleHoldsThePinnedChart(t *testing.T) {
	version, err := Version()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := moduleDir(t.Context(), version)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "deploy", "charts", "cert-manager", "Chart.yaml")); err != nil {
		t.Error(err)
	}
	if _, err := moduleDir(t.Context(), "v0.0.0-nope"); err == nil {
		t.Error("a version that is not there was found")
	}
}

func TestImportImagesHandsEachArchiveToK3s(t *testing.T) {
	bin, images := t.TempDir(), t.TempDir()
	log := filepath.Join(bin, "log")
	if err := os.WriteFile(filepath.Join(bin, "k3s"), []byte("#!/bin/sh\necho \"$@\" >> "+log+"\ncase \"$4\" in *broken*) echo bad archive; exit 1;; esac\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	for _, name := range []string{"cert-manager.tar", "traefik.tar"} {
		if err := os.WriteFile(filepath.Join(images, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	quiet := func(string, ...any) {}
	if err := importImages(t.Context(), images, quiet); err != nil {
		t.Fatal(err)
	}
	said, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	if want := "ctr images import " + filepath.Join(images, "cert-manager.tar") + "\n"; string(said) != want {
		t.Errorf("k3s was called with %q, want %q", said, want)
	}
	if err := os.WriteFile(filepath.Join(images, "cert-manager-broken.tar"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := importImages(context.Background(), images, quiet); err == nil || !strings.Contains(err.Error(), "bad archive") {
		t.Errorf("got %v, want what k3s said", err)
	}
}
