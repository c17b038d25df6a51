package importer

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/helm-chart-factory/factory/factory/importer/draft"
)

// TestTakenBack lets writing fail when some files are in place, one over another: everything is as it was.
func TestTakenBack(t *testing.T) {
	dir := t.TempDir()
	put := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put("services/a/service.yaml", "port: 1\n")
	w, err := planned(dir, []draft.File{
		{Path: "services/a/service.yaml", Data: []byte("port: 2\n")},
		{Path: "services/b/service.yaml", Data: []byte("port: 3\n")},
		{Path: "services/c/service.yaml", Data: []byte("port: 4\n")},
	}, true)
	if err != nil {
		t.Fatal(err)
	}
	put("services/c", "a file where a folder belongs, since a moment ago\n")
	before := everything(t, dir)
	err = w.write()
	if err == nil || !strings.HasPrefix(err.Error(), "writing into "+dir+": ") || strings.Contains(err.Error(), "taking it back") {
		t.Errorf("got %v", err)
	}
	if after := everything(t, dir); !maps.Equal(before, after) {
		t.Errorf("before\n%v\nafter\n%v\n%v", before, after, err)
	}
}

// everything returns what is below a folder: files by their path with their text, and folders.
func everything(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			found[path] = ""
			return err
		}
		text, err := os.ReadFile(path)
		found[path] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
