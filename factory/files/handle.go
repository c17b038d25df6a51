package files

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// handle is an open folder. Everything below is opened relative to it, so that no path is looked up twice and no link is
// followed: a project has thousands of files, and nearly all that a run does is to read them.
type handle struct {
	*os.File
	fd int
}

// openFolder opens a folder in another one, or by its path when that is nil.
func openFolder(in *handle, name string) (*handle, error) {
	at, path := unix.AT_FDCWD, name
	if in != nil {
		at, path = in.fd, filepath.Join(in.Name(), name)
	}
	fd, err := openAt(at, name, unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return &handle{File: os.NewFile(uintptr(fd), path), fd: fd}, nil
}

// read returns a file's content, which is good until the buffer is used again. A file of the expected length takes one call.
func (h *handle) read(name string, expected int, buffer *[]byte) ([]byte, error) {
	fd, err := openAt(h.fd, name, unix.O_RDONLY)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: filepath.Join(h.Name(), name), Err: err}
	}
	defer unix.Close(fd)
	if len(*buffer) <= expected {
		*buffer = make([]byte, 2*expected+4096)
	}
	total := 0
	for {
		n, err := unix.Read(fd, (*buffer)[total:])
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return nil, &fs.PathError{Op: "read", Path: filepath.Join(h.Name(), name), Err: err}
		}
		total += n
		// A regular file gives all it has, as long as the buffer has room.
		if total < len(*buffer) {
			return (*buffer)[:total], nil
		}
		*buffer = append(*buffer, make([]byte, len(*buffer))...)
	}
}

// openAt opens without following a link, and again when a signal came in between.
func openAt(at int, name string, flags int) (int, error) {
	for {
		fd, err := unix.Openat(at, name, flags|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0o644)
		if !errors.Is(err, unix.EINTR) {
			return fd, err
		}
	}
}
