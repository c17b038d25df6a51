package addons

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/helm-chart-factory/factory/cluster/internal/ociarchive"
)

// toy is an add-on that compiles in a second, with its source below the returned directory.
func toy(t *testing.T) (addon, string) {
	t.Helper()
	source := t.TempDir()
	put(t, filepath.Join(source, "toy", "go.mod"), "module example.test/toy\n\ngo 1.24\n")
	put(t, filepath.Join(source, "toy", "main.go"), "package main\n\nfunc main() { println(\"toy\") }\n")
	return addon{
		name: "toy", version: "v1",
		binaries: []binary{{pkg: ".", path: "/toy"}},
		images:   []ociarchive.Image{image("example.test/toy:v1", "/toy")},
	}, source
}

func put(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// buildToy builds a as Build does and returns what that printed.
func buildToy(t *testing.T, ctx context.Context, a addon, source, cache string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := buildAll(ctx, BuildOptions{Source: source, Cache: cache, Out: &out}, []addon{a})
	return out.String(), err
}

func TestAnAddonIsBuiltOnceAndAgainWhenItsSourceChanges(t *testing.T) {
	a, source := toy(t)
	cache := t.TempDir()
	for _, step := range []struct {
		name, change, want string
	}{
		{"first", "", "toy v1: built in "},
		{"unchanged", "", "toy v1: up to date\n"},
		{"changed", "package main\n\nfunc main() { println(\"other\") }\n", "toy v1: built in "},
	} {
		if step.change != "" {
			put(t, filepath.Join(source, "toy", "main.go"), step.change)
		}
		printed, err := buildToy(t, t.Context(), a, source, cache)
		if err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		if !strings.Contains(printed, step.want) {
			t.Errorf("%s: printed %q, want %q", step.name, printed, step.want)
		}
	}
	left, err := os.ReadDir(filepath.Join(cache, "images"))
	if err != nil {
		t.Fatal(err)
	}
	if len(left) != 2 {
		t.Errorf("the images' directory holds %v, want the archive and its stamp", left)
	}
}

func TestAFailedBuildSaysWhyAndKeepsTheOldArchive(t *testing.T) {
	a, source := toy(t)
	cache := t.TempDir()
	if _, err := buildToy(t, t.Context(), a, source, cache); err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(source, "toy", "main.go"), "package main\n\nfunc main() { undefinedName() }\n")
	_, err := buildToy(t, t.Context(), a, source, cache)
	if err == nil || !strings.Contains(err.Error(), "undefined: undefinedName") || !strings.Contains(err.Error(), "building toy v1") {
		t.Errorf("got error %v", err)
	}
	if _, err := os.Stat(Archive(cache, "toy")); err != nil {
		t.Errorf("the old archive is gone: %v", err)
	}
}

func TestACancelledBuildLeavesNothing(t *testing.T) {
	a, source := toy(t)
	cache := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	c, err := newCompiler(ctx, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := build(ctx, BuildOptions{Source: source, Cache: cache, Out: io.Discard}, c, a, "stamp"); err == nil {
		t.Fatal("built with a cancelled context")
	}
	if left, _ := os.ReadDir(filepath.Join(cache, "images")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestAnUnknownNameIsRefusedWithTheKnownOnes(t *testing.T) {
	err := Build(t.Context(), BuildOptions{Names: []string{"nginx"}, Out: io.Discard})
	want := `no add-on "nginx"; there are coredns, local-path-provisioner, cert-manager, traefik, metrics-server`
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestAMissingCheckoutIsNamed(t *testing.T) {
	source := t.TempDir()
	err := Build(t.Context(), BuildOptions{Source: source, Names: []string{CoreDNS}, Out: io.Discard})
	if err == nil || !strings.Contains(err.Error(), "no source of coredns in") || !strings.Contains(err.Error(), "cluster/addons of a checkout") {
		t.Errorf("got %v", err)
	}
}

func TestACopyHoldsTheWantedFilesAndTheOverlay(t *testing.T) {
	origin, overlay, target := t.TempDir(), t.TempDir(), t.TempDir()
	for _, path := range []string{"go.mod", "pkg/a.go", "pkg/a_test.go", "pkg/heavy/b.go", "webui/page.ts", "docs/x.md"} {
		put(t, filepath.Join(origin, path), "original")
	}
	put(t, filepath.Join(overlay, "pkg/heavy/light.go"), "ours")
	put(t, filepath.Join(overlay, "pkg/a.go"), "ours")
	m := moduleCopy{keep: []string{"pkg"}, drop: []string{"pkg/heavy"}}
	if err := m.copyTo(target, origin, overlay); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	err := filepath.WalkDir(target, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		got[strings.TrimPrefix(path, target+"/")] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"go.mod": "original", "pkg/a.go": "ours", "pkg/heavy/light.go": "ours"}
	if len(got) != len(want) {
		t.Errorf("the copy holds %v, want %v", got, want)
	}
	for path, content := range want {
		if got[path] != content {
			t.Errorf("%s holds %q, want %q", path, got[path], content)
		}
	}
}
