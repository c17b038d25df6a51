package files

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// disk is everything that changes files. Tests put one in its place that fails, or dies, at a chosen step.
type disk interface {
	// Mkdir makes a folder; one that is there already is fine.
	Mkdir(path string) error
	// Create writes a new file.
	Create(path string, data []byte) error
	// Rename moves a file or a folder to its place, over a file that is there.
	Rename(from, to string) error
	// Remove removes a file or an empty folder; what is not there is fine.
	Remove(path string) error
	// Clear removes a folder of the writer's own with all that is in it.
	Clear(path string) error
}

// realDisk uses system calls without os.File: a project has thousands of small files, and each needs three calls here.
type realDisk struct{}

func (realDisk) Mkdir(path string) error {
	if err := os.Mkdir(path, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

func (realDisk) Create(path string, data []byte) error {
	fd, err := open(path, syscall.O_WRONLY|syscall.O_CREAT|syscall.O_EXCL)
	if err != nil {
		return err
	}
	for len(data) > 0 && err == nil {
		var n int
		n, err = syscall.Write(fd, data)
		if errors.Is(err, syscall.EINTR) {
			n, err = max(n, 0), nil
		}
		data = data[max(n, 0):]
	}
	if closing := syscall.Close(fd); err == nil {
		err = closing
	}
	if err != nil {
		return &fs.PathError{Op: "write", Path: path, Err: err}
	}
	return nil
}

func (realDisk) Rename(from, to string) error { return os.Rename(from, to) }

func (realDisk) Remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func (realDisk) Clear(path string) error { return os.RemoveAll(path) }

func open(path string, flags int) (int, error) {
	for {
		fd, err := syscall.Open(path, flags|syscall.O_CLOEXEC|syscall.O_NOFOLLOW, 0o644)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if err != nil {
			return 0, &fs.PathError{Op: "open", Path: path, Err: err}
		}
		return fd, nil
	}
}

// Explain says what a failure to write into a folder means for a person, when nothing in it was changed.
func Explain(err error, dir string) error {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("the disk that holds %s is full, nothing was changed: make room and run this again: %w", dir, err)
	case errors.Is(err, syscall.EROFS), errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s cannot be written to, nothing was changed: look at its owner and at how its disk is mounted: %w", dir, err)
	default:
		return fmt.Errorf("writing to %s: %w", dir, err)
	}
}

func (w *writing) empty(folder string) bool {
	entries, err := os.ReadDir(w.full(folder))
	return err == nil && len(entries) == 0
}
