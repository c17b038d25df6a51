package importer_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/helm-chart-factory/factory/factory/importer"
	"github.com/helm-chart-factory/factory/factory/spec"
)

// FuzzRun imports for real, into a folder that is not there: what is written loads, and an error leaves nothing behind. Nothing is
// written anywhere else.
func FuzzRun(f *testing.F) {
	archives, err := filepath.Glob("testdata/*/*.txtar")
	if err != nil || len(archives) == 0 {
		f.Fatal("no archives", err)
	}
	for _, path := range archives {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range archive.Files {
			if !strings.HasPrefix(file.Name, "want/") && strings.HasSuffix(file.Name, ".yaml") {
				f.Add(file.Data)
			}
		}
	}
	f.Add([]byte(small))
	dir := f.TempDir()
	in, into := filepath.Join(dir, "in.yaml"), filepath.Join(dir, "a", "out")
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(in, text, 0o644); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		result, err := importer.Run(importer.Request{Paths: []string{in}, Into: into})
		if took := time.Since(start); took > 20*time.Second {
			t.Fatalf("took %v", took)
		}
		entries, _ := os.ReadDir(dir)
		names := make([]string, len(entries))
		for i, entry := range entries {
			names[i] = entry.Name()
		}
		if err != nil {
			if !slices.Equal(names, []string{"in.yaml"}) {
				t.Fatalf("left behind: %v after %v", names, err)
			}
			var usage interface{ Usage() bool }
			if !errors.As(err, &usage) {
				t.Fatalf("the error is not about the source: %v", err)
			}
			return
		}
		defer os.RemoveAll(filepath.Join(dir, "a"))
		if !slices.Equal(names, []string{"a", "in.yaml"}) {
			t.Fatalf("written outside: %v", names)
		}
		p, err := spec.Load(into)
		if err != nil || len(p.Services) != len(result.Services) {
			t.Fatalf("what was written is not what was imported: %v", err)
		}
		if written := tree(t, into); len(written) != len(result.Files) {
			t.Fatalf("files that nobody names: %d, %d", len(written), len(result.Files))
		}
	})
}
