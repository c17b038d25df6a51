package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestAVolumeIsOpenToEveryUserWhateverTheUmask(t *testing.T) {
	old := syscall.Umask(0o077)
	defer syscall.Umask(old)
	path := filepath.Join(t.TempDir(), "below", "pvc-1")
	if err := run([]string{"-p", path, "-s", "1024", "-m", "Filesystem", "-a", "create"}, io.Discard); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o777 {
		t.Errorf("the volume has mode %o, want 777", info.Mode().Perm())
	}
}

func TestCreateKeepsWhatIsThere(t *testing.T) {
	path := t.TempDir()
	data := filepath.Join(path, "data")
	if err := os.WriteFile(data, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run([]string{"-a", "create", "-p", path}, io.Discard); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(data); err != nil {
		t.Error(err)
	}
}

func TestDeleteRemovesTheVolumeAndNothingElse(t *testing.T) {
	root := t.TempDir()
	for _, dir := range []string{"gone/sub", "kept"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := run([]string{"-a", "delete", "-p", filepath.Join(root, "gone")}, io.Discard); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(filepath.Join(root, "gone")); !os.IsNotExist(err) {
		t.Errorf("the volume is still there: %v", err)
	}
	if _, err := os.Stat(filepath.Join(root, "kept")); err != nil {
		t.Errorf("the other volume is gone: %v", err)
	}
}

func TestWrongCallsAreRefused(t *testing.T) {
	for args, want := range map[string]string{
		"-a delete -p /":         "want an absolute path below a directory",
		"-a delete -p /var":      "want an absolute path below a directory",
		"-a delete -p /var/..":   "want an absolute path below a directory",
		"-a delete -p volumes/x": "want an absolute path below a directory",
		"-a resize -p /var/x":    `action "resize"`,
		"-z":                     "reading flags",
	} {
		if err := run(strings.Fields(args), io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", args, err, want)
		}
	}
}
