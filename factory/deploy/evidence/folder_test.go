package evidence_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/helm-chart-factory/factory/factory/deploy/evidence"
)

func TestSaveKeepsAFileForItsOwnerAlone(t *testing.T) {
	root := t.TempDir()
	at := time.Date(2026, 3, 4, 5, 6, 7, 8e6, time.UTC)
	path, err := evidence.In(root, "shop").Save(at, "evidence", "why\n")
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(root, "evidence", "shop", "20260304-050607.008-evidence.txt"); path != want {
		t.Errorf("path %s, want %s", path, want)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %s, want 0600", info.Mode())
	}
	if text, _ := os.ReadFile(path); string(text) != "why\n" {
		t.Errorf("it holds %q", text)
	}
}

func TestSaveBoundsTheFolder(t *testing.T) {
	root := t.TempDir()
	start := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	for i := range 45 {
		if _, err := evidence.In(root, "shop").Save(start.Add(time.Duration(i)*time.Second), "evidence", fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	left, err := filepath.Glob(filepath.Join(root, "evidence", "shop", "*"))
	if err != nil {
		t.Fatal(err)
	}
	if len(left) != 40 || filepath.Base(left[0]) != "20260304-050612.000-evidence.txt" {
		t.Errorf("%d files are left, from %s on; want the newest 40", len(left), left[0])
	}
}

func TestSaveSaysWhatStandsInItsWay(t *testing.T) {
	root := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(root, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := evidence.In(root, "shop").Save(time.Now(), "evidence", "why"); err == nil {
		t.Error("a file stands where the folder would be, and nothing is said")
	}
}
