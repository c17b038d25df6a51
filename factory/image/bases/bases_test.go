package bases

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/helm-chart-factory/factory/factory/image/dockerfile"
)

// unpacked is a tar as mmdebstrap writes it.
func unpacked(t *testing.T, entries ...tar.Header) *tar.Reader {
	t.Helper()
	var out bytes.Buffer
	writer := tar.NewWriter(&out)
	for _, entry := range entries {
		content := []byte(entry.Uname) // lends its place for the content
		entry.Uname = ""
		if entry.Typeflag == tar.TypeReg {
			entry.Size = int64(len(content))
		}
		if err := writer.WriteHeader(&entry); err != nil {
			t.Fatal(err)
		}
		if entry.Typeflag == tar.TypeReg {
			if _, err := writer.Write(content); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	return tar.NewReader(&out)
}

func reg(name, content string) tar.Header {
	return tar.Header{Typeflag: tar.TypeReg, Name: "./" + name, Mode: 0o644, Uname: content}
}

func sym(name, target string) tar.Header {
	return tar.Header{Typeflag: tar.TypeSymlink, Name: "./" + name, Linkname: target}
}

// listing describes a layer: NAME, or NAME -> TARGET, or NAME = CONTENT for files in /etc.
func listing(t *testing.T, layer []byte) []string {
	t.Helper()
	var out []string
	for reader := tar.NewReader(bytes.NewReader(layer)); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		line := header.Name
		if header.Linkname != "" {
			line += " -> " + header.Linkname
		}
		if strings.HasPrefix(header.Name, "etc/") && header.Typeflag == tar.TypeReg {
			content, err := io.ReadAll(reader)
			if err != nil {
				t.Fatal(err)
			}
			line += " = " + string(content)
		}
		if header.ModTime.Unix() != 0 {
			line += " at " + header.ModTime.String()
		}
		out = append(out, line)
	}
}

func TestFilterLaysPackagesOutAsAnInstalledDebianIs(t *testing.T) {
	var layer bytes.Buffer
	recipe := Recipe{
		Drop:  []string{"usr/lib/*/libLLVM*"},
		Users: []string{"web:x:101:101:web:/:/bin/sh"},
		Links: map[string]string{"/usr/local/bin/psql": "/usr/lib/psql"},
	}
	err := filter(unpacked(t,
		tar.Header{Typeflag: tar.TypeDir, Name: "./bin/", Mode: 0o755},
		reg("bin/dash", "x"), sym("bin/sh", "dash"), sym("usr/bin/dash", "/bin/dash"),
		tar.Header{Typeflag: tar.TypeLink, Name: "./bin/dash2", Linkname: "./bin/dash"},
		reg("lib/x86_64-linux-gnu/libc.so.6", "x"), sym("lib64/ld.so", "/lib/x86_64-linux-gnu/ld.so"), sym("sbin/up", "../usr/bin/up"),
		reg("usr/lib/x86_64-linux-gnu/libLLVM-14.so", "x"), reg("usr/share/doc/dash/README", "x"), reg("usr/share/doc/dash/copyright", "x"),
		tar.Header{Typeflag: tar.TypeChar, Name: "./dev/null"},
		reg("usr/share/base-passwd/passwd.master", "root:*:0:0:root:/root:/bin/bash\n"), reg("usr/share/base-passwd/group.master", "root:*:0:\n"),
	), recipe, newLayer(&layer))
	if err != nil {
		t.Fatal(err)
	}
	got := listing(t, layer.Bytes())
	want := []string{
		"bin -> usr/bin", "lib -> usr/lib", "lib64 -> usr/lib64", "sbin -> usr/sbin",
		"usr/", "usr/bin/", "usr/bin/dash", "usr/bin/sh -> dash", "usr/bin/dash2 -> usr/bin/dash",
		"usr/lib/", "usr/lib/x86_64-linux-gnu/", "usr/lib/x86_64-linux-gnu/libc.so.6",
		"usr/lib64/", "usr/lib64/ld.so -> /lib/x86_64-linux-gnu/ld.so", "usr/sbin/", "usr/sbin/up -> /usr/bin/up",
		"usr/share/", "usr/share/doc/", "usr/share/doc/dash/", "usr/share/doc/dash/copyright",
		"etc/", "etc/group = root:x:0:\nweb:x:101:\n", "etc/nsswitch.conf = passwd: files\ngroup: files\nhosts: files dns\n",
		"etc/passwd = root:x:0:0:root:/root:/bin/bash\nweb:x:101:101:web:/:/bin/sh\n",
		"usr/bin/awk -> mawk", "usr/local/", "usr/local/bin/", "usr/local/bin/psql -> /usr/lib/psql", "tmp/", "root/",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got:\n%s\n\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestAFolderIsCopiedTheSameEveryTime(t *testing.T) {
	source := t.TempDir()
	for _, name := range []string{"b/x_test.go", "b/x.go", "a/testdata/big", "a/run"} {
		path := filepath.Join(source, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	var layers [2]bytes.Buffer
	for i := range layers {
		out := newLayer(&layers[i])
		if err := out.folder("usr/local/go", source, isNotForBuilding); err != nil {
			t.Fatal(err)
		}
		if err := out.close(); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(layers[0].Bytes(), layers[1].Bytes()) {
		t.Error("two copies differ")
	}
	want := []string{"usr/", "usr/local/", "usr/local/go/", "usr/local/go/a/", "usr/local/go/a/run", "usr/local/go/b/", "usr/local/go/b/x.go"}
	if got := listing(t, layers[0].Bytes()); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestRecipesAreFoundByImageAndTag(t *testing.T) {
	for written, want := range map[string]string{
		"nginx:1.27-alpine":                    "nginx",
		"nginx":                                "nginx",
		"docker.io/library/postgres:15-alpine": "postgres",
		"postgres:16":                          "",
		"golang:1.26":                          "golang",
		"node:20-alpine":                       "node",
		"bitnami/nginx:1":                      "",
		"nginx@sha256:" + strings.Repeat("a", 64): "",
	} {
		ref, err := name.ParseReference(written)
		if err != nil {
			t.Fatal(err)
		}
		if recipe, found := find(ref); recipe.Image != want || found != (want != "") {
			t.Errorf("%s: %q, %v; want %q", written, recipe.Image, found, want)
		}
	}
}

func TestStampsTellRecipesAndToolchainsApart(t *testing.T) {
	seen := map[string]string{}
	for _, recipe := range Recipes() {
		for _, toolchain := range []string{"a", "b"} {
			stamp, err := recipe.stamp(toolchain)
			if err != nil {
				t.Fatal(err)
			}
			if other := seen[stamp]; other != "" {
				t.Errorf("%s with %s has the stamp of %s", recipe.Image, toolchain, other)
			}
			seen[stamp] = recipe.Image + " with " + toolchain
		}
	}
}

func TestBuildersShareTheirPackages(t *testing.T) {
	stamps := map[string]bool{}
	for _, recipe := range Recipes() {
		if recipe.Toolchain != "" {
			stamps[recipe.rootStamp()] = true
		}
	}
	if len(stamps) != 1 {
		t.Errorf("%d layers of packages, want one", len(stamps))
	}
}

func TestVersions(t *testing.T) {
	for _, test := range []struct {
		version, wanted string
		is              bool
	}{{"1.26.8", "1.26", true}, {"1.26.8", "1.26.8", true}, {"1.26.8", "1.2", false}, {"20.1.0", "20", true}, {"22.0.0", "20", false}, {"1.26.8", "", true}} {
		if isVersion(test.version, test.wanted) != test.is {
			t.Errorf("%s is %s: want %v", test.version, test.wanted, test.is)
		}
	}
}

func TestThisMachinesGoIsFound(t *testing.T) {
	_, version, err := goRoot(t.Context(), "local")
	if err != nil {
		t.Fatal(err)
	}
	minor := version[:strings.LastIndex(version, ".")]
	chain, err := findToolchain(t.Context(), "golang", minor+"-alpine", t.TempDir())
	if err != nil || chain.version != "go"+version {
		t.Errorf("for golang:%s: %q, %v; want go%s", minor, chain.version, err, version)
	}
}

func TestAnUnknownBaseSaysWhereAndWhatToDo(t *testing.T) {
	err := unknown(dockerfile.Base{Ref: "cobol:1959", File: "services/x/Dockerfile", Line: 3})
	for _, want := range []string{"services/x/Dockerfile:3: cobol:1959 cannot be pulled", "there is one for nginx:*, postgres:15*", "next: load the image yourself"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q does not say %q", err, want)
		}
	}
}

func TestOldArchivesAreForgotten(t *testing.T) {
	cache := t.TempDir()
	current := "root-" + Recipes()[0].rootStamp() + ".tar"
	for _, name := range []string{"library_nginx_1-old.tar", "library_nginx_1-new.tar", "library_node_20-old.tar", "root-old.tar", current} {
		if err := os.WriteFile(filepath.Join(cache, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := forgetOld(cache, "library_nginx_1", filepath.Join(cache, "library_nginx_1-new.tar")); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(cache)
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, entry := range entries {
		left = append(left, entry.Name())
	}
	want := []string{"library_nginx_1-new.tar", "library_node_20-old.tar", current}
	if !slices.Equal(left, want) {
		t.Errorf("left %q, want %q", left, want)
	}
}
