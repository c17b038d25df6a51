// Package disktest gives tests a disk that is full: a small file system of its own in memory. It needs root.
package disktest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// filler is the file that takes a disk's room. Its dot keeps it out of what people look at.
const filler = ".filler"

// Mount puts an empty disk of some bytes at dir, which it makes. Unmount it before dir is removed.
func Mount(dir string, size int64) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d,mode=755", size)); err != nil {
		return fmt.Errorf("mounting a small disk at %s: %w", dir, err)
	}
	return nil
}

// Unmount takes the disk away, also from under a program that still has a file of it open.
func Unmount(dir string) error { return syscall.Unmount(dir, syscall.MNT_DETACH) }

// Small returns a folder on a disk of some bytes, for as long as the test runs. It leaves the test out where it may not mount.
func Small(t testing.TB, size int64) string {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("left out: full disks, because only root can mount a small one")
	}
	dir := filepath.Join(t.TempDir(), "disk")
	if err := Mount(dir, size); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := Unmount(dir); err != nil {
			t.Errorf("unmounting %s: %v", dir, err)
		}
	})
	return dir
}

// Fill takes all of the room of the disk at dir but some bytes, in whole pages.
func Fill(dir string, left int64) error {
	if err := Free(dir); err != nil {
		return err
	}
	var disk syscall.Statfs_t
	if err := syscall.Statfs(dir, &disk); err != nil {
		return err
	}
	size := int64(disk.Bavail)*disk.Bsize - left
	if size < 0 {
		return fmt.Errorf("%s has less room than the %d bytes that are to be left", dir, left)
	}
	return os.WriteFile(filepath.Join(dir, filler), make([]byte, size), 0o600)
}

// Free gives back what Fill took.
func Free(dir string) error {
	if err := os.Remove(filepath.Join(dir, filler)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
