package ociarchive

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// twoImages is an archive of two images over a layer with one program.
func twoImages(t *testing.T) Archive {
	t.Helper()
	program := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(program, []byte("binary"), 0o600); err != nil {
		t.Fatal(err)
	}
	return Archive{
		Architecture: "amd64",
		Images: []Image{
			{Name: "registry.test/one:v1", Entrypoint: []string{"/program", "one"}, User: "65532:65532"},
			{Name: "registry.test/two:v1", Entrypoint: []string{"/program", "two"}, User: "65532:65532"},
		},
		Files: append(Base(), File{Path: "/program", Mode: 0o755, Source: program}),
	}
}

func write(t *testing.T, a Archive) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := Write(&out, t.TempDir(), a); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestImagesShareOneLayerAndKeepTheirEntrypoints(t *testing.T) {
	files := untar(t, write(t, twoImages(t)))
	var all index
	decode(t, files["index.json"], &all)
	if len(all.Manifests) != 2 {
		t.Fatalf("got %d manifests, want 2", len(all.Manifests))
	}
	var layers []string
	for i, want := range []string{"one", "two"} {
		found := all.Manifests[i]
		if name := found.Annotations["io.containerd.image.name"]; name != "registry.test/"+want+":v1" {
			t.Errorf("image %d is named %q", i, name)
		}
		if found.Platform == nil || *found.Platform != (platform{"amd64", "linux"}) {
			t.Errorf("%s: platform is %v", want, found.Platform)
		}
		var m manifest
		decode(t, files[blobPath(found.Digest)], &m)
		var config imageConfig
		decode(t, files[blobPath(m.Config.Digest)], &config)
		if !slices.Equal(config.Config.Entrypoint, []string{"/program", want}) || config.Config.User != "65532:65532" {
			t.Errorf("%s: configuration is %+v", want, config.Config)
		}
		layers = append(layers, m.Layers[0].Digest)
		if !slices.Equal(config.RootFS.DiffIDs, []string{m.Layers[0].Digest}) {
			t.Errorf("%s: diff IDs %v differ from layer %s", want, config.RootFS.DiffIDs, m.Layers[0].Digest)
		}
	}
	if layers[0] != layers[1] {
		t.Errorf("the images have layers of their own: %v", layers)
	}
	layer := untar(t, files[blobPath(layers[0])])
	if string(layer["program"]) != "binary" || !strings.Contains(string(layer["etc/passwd"]), "nonroot:x:65532:") {
		t.Errorf("the layer holds %d files without the program or the user", len(layer))
	}
}

func TestEveryBlobHasItsDigestForName(t *testing.T) {
	blobs := 0
	for name, content := range untar(t, write(t, twoImages(t))) {
		digest, ok := strings.CutPrefix(name, "blobs/sha256/")
		if !ok {
			continue
		}
		blobs++
		if sum := sha256.Sum256(content); hex.EncodeToString(sum[:]) != digest {
			t.Errorf("%s holds something else", name)
		}
	}
	if blobs != 5 {
		t.Errorf("got %d blobs, want one layer and two manifests with their configurations", blobs)
	}
}

func TestDockerFindsTheImagesToo(t *testing.T) {
	files := untar(t, write(t, twoImages(t)))
	var images []dockerImage
	decode(t, files["manifest.json"], &images)
	if len(images) != 2 || images[1].RepoTags[0] != "registry.test/two:v1" {
		t.Fatalf("manifest.json lists %+v", images)
	}
	for _, path := range append(images[0].Layers, images[0].Config) {
		if files[path] == nil {
			t.Errorf("manifest.json names %s, which is not there", path)
		}
	}
}

func TestSameInputSameBytes(t *testing.T) {
	a := twoImages(t)
	first := write(t, a)
	if err := os.Chtimes(a.Files[len(a.Files)-1].Source, time.Unix(1, 0), time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, write(t, a)) {
		t.Error("the archive depends on when its files were written")
	}
}

func TestAMissingProgramIsNamed(t *testing.T) {
	a := Archive{Files: []File{{Path: "/program", Source: filepath.Join(t.TempDir(), "absent")}}}
	err := Write(io.Discard, t.TempDir(), a)
	if err == nil || !strings.Contains(err.Error(), `adding "/program"`) || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func decode(t *testing.T, text []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("%v in %q", err, text)
	}
}

func untar(t *testing.T, content []byte) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	for reader := tar.NewReader(bytes.NewReader(content)); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, twice := files[header.Name]; twice {
			t.Errorf("%s is there twice", header.Name)
		}
		if files[header.Name], err = io.ReadAll(reader); err != nil {
			t.Fatal(err)
		}
	}
}
