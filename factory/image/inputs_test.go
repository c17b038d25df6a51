package image

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func project(t *testing.T, files map[string]string) Service {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return Service{Name: "web", Context: dir, Dockerfile: filepath.Join(dir, "Dockerfile"), Ref: "localhost:1/web:latest"}
}

func hashOf(t *testing.T, s Service) string {
	t.Helper()
	hash, err := inputs(s)
	if err != nil {
		t.Fatal(err)
	}
	return hash
}

func TestInputsChangeWithWhatAnImageIsMadeOf(t *testing.T) {
	files := func() map[string]string {
		return map[string]string{"Dockerfile": "FROM scratch\nCOPY . /\n", "a/b.txt": "b", ".dockerignore": "*.log\nnode_modules\n", "x.log": "1"}
	}
	base := hashOf(t, project(t, files()))
	for name, test := range map[string]struct {
		change  func(Service) Service
		changes bool
	}{
		"nothing":        {func(s Service) Service { return s }, false},
		"ignored file":   {put("x.log", "2"), false},
		"ignored folder": {put("node_modules/m/index.js", "2"), false},
		"content":        {put("a/b.txt", "c"), true},
		"new file":       {put("a/c.txt", ""), true},
		"Dockerfile":     {put("Dockerfile", "FROM scratch\n"), true},
		"argument":       {func(s Service) Service { s.Args = map[string]string{"A": "1"}; return s }, true},
		"executable":     {func(s Service) Service { mustDo(os.Chmod(filepath.Join(s.Context, "a/b.txt"), 0o755)); return s }, true},
		"link":           {func(s Service) Service { mustDo(os.Symlink("b.txt", filepath.Join(s.Context, "a/l"))); return s }, true},
		"ignore file":    {put(".dockerignore", "a\n"), true},
		"other name":     {func(s Service) Service { s.Name, s.Ref = "other", "localhost:1/other:latest"; return s }, false},
	} {
		t.Run(name, func(t *testing.T) {
			changed := hashOf(t, test.change(project(t, files()))) != base
			if changed != test.changes {
				t.Errorf("changed %v, want %v", changed, test.changes)
			}
		})
	}
}

func put(name, content string) func(Service) Service { return putAll(map[string]string{name: content}) }

func putAll(files map[string]string) func(Service) Service {
	return func(s Service) Service {
		for name, content := range files {
			path := filepath.Join(s.Context, name)
			mustDo(os.MkdirAll(filepath.Dir(path), 0o755))
			mustDo(os.WriteFile(path, []byte(content), 0o644))
		}
		return s
	}
}

func mustDo(err error) {
	if err != nil {
		panic(err)
	}
}

func TestAnIgnoreFileBesideTheDockerfileWins(t *testing.T) {
	s := project(t, map[string]string{"Dockerfile": "FROM scratch\n", ".dockerignore": "", "Dockerfile.dockerignore": "big\n", "big": "1"})
	before := hashOf(t, s)
	put("big", "2")(s)
	if hashOf(t, s) != before {
		t.Error("a file that Dockerfile.dockerignore names changed the hash")
	}
}

func TestAnExceptionBelowAnIgnoredFolderCounts(t *testing.T) {
	s := project(t, map[string]string{"Dockerfile": "FROM scratch\n", ".dockerignore": "deps\n!deps/kept\n", "deps/kept": "1", "deps/other": "1"})
	before := hashOf(t, s)
	put("deps/other", "2")(s)
	if hashOf(t, s) != before {
		t.Error("an ignored file changed the hash")
	}
	put("deps/kept", "2")(s)
	if hashOf(t, s) == before {
		t.Error("the exception's file does not change the hash")
	}
}

func TestLookTellsWhatAnImageIsMadeFromAndWhereThatChanges(t *testing.T) {
	s := project(t, map[string]string{
		"build/Dockerfile": "FROM scratch\n", ".dockerignore": "build\ndeps\n!deps/kept\n**/*.log\n",
		"a/b/c.txt": "c", "a/x.log": "1", "a/.git/index": "1", "deps/kept/d.txt": "d", "deps/other/e.txt": "e", "empty/.gitkeep": "",
	})
	s.Dockerfile = filepath.Join(s.Context, "build/Dockerfile")
	s.Args = map[string]string{"VERSION": "1"}
	look := func() *Inputs {
		t.Helper()
		found, err := Look(s, func(name string) bool { return name == ".git" })
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	short := func(paths []string) []string {
		for i, path := range paths {
			paths[i] = strings.TrimPrefix(strings.TrimPrefix(path, s.Context), "/")
		}
		slices.Sort(paths)
		return slices.Compact(paths)
	}
	before := look()
	if got, want := short(slices.Collect(maps.Keys(before.Parts))), []string{".dockerignore", "a", "a/b", "a/b/c.txt", "build argument VERSION",
		"build/Dockerfile", "deps/kept", "deps/kept/d.txt", "empty", "empty/.gitkeep"}; !reflect.DeepEqual(got, want) {
		t.Errorf("parts %q\nwant  %q", got, want)
	}
	// In deps what the exception lets in may come at any time.
	if got, want := short(before.Folders), []string{"", "a", "a/b", "build", "deps", "deps/kept", "empty"}; !reflect.DeepEqual(got, want) {
		t.Errorf("folders %q\nwant    %q", got, want)
	}
	put("a/b/c.txt", "other")(s)
	changed := filepath.Join(s.Context, "a/b/c.txt")
	after := look()
	if before.Parts[changed] == after.Parts[changed] {
		t.Error("a file that changed holds what it held")
	}
	delete(before.Parts, changed)
	delete(after.Parts, changed)
	if !maps.Equal(before.Parts, after.Parts) {
		t.Errorf("other parts changed, too: %q, were %q", after.Parts, before.Parts)
	}
	mustDo(os.Remove(s.Dockerfile))
	if _, err := Look(s, nil); !errors.As(err, &noDockerfile{}) {
		t.Errorf("without a Dockerfile: %v", err)
	}
}
