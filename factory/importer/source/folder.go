package source

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"strings"

	"github.com/helm-chart-factory/factory/factory/spec"
)

// Folder is what an import may read: a folder and all below it, nothing outside.
type Folder struct {
	// FS is the folder. Its paths are relative to it, with slashes.
	FS fs.FS
	// Shown is how the folder is called in messages: relative to where the person is.
	Shown string
	// InProject says that the folder is that of the project that is written to.
	InProject bool
}

// What says what the folder is.
func (f Folder) What() string {
	if f.InProject {
		return "the project"
	}
	return "the folder of the file"
}

// Place returns how a place in a file of the folder is called in messages.
func (f Folder) Place(at spec.Position) spec.Position {
	at.File = filepath.ToSlash(filepath.Join(f.Shown, filepath.FromSlash(at.File)))
	return at
}

// Resolve returns the path that a relative path leads to from a folder in here. It is false for one that leads out, is
// absolute, or begins at somebody's home.
func (f Folder) Resolve(from, to string) (string, bool) {
	if to == "" || path.IsAbs(to) || strings.HasPrefix(to, "~") || strings.ContainsAny(to, "\\\x00") {
		return "", false
	}
	joined := path.Join(from, to)
	return joined, fs.ValidPath(joined)
}

// Read returns a file of the folder.
func (f Folder) Read(name string) ([]byte, error) {
	file, err := f.FS.Open(name)
	if err != nil {
		return nil, plain(err)
	}
	defer file.Close()
	info, err := file.Stat()
	switch {
	case err != nil:
		return nil, plain(err)
	case info.IsDir():
		return nil, errors.New("it is a folder")
	case !info.Mode().IsRegular():
		return nil, errors.New("it is not a regular file")
	case info.Size() > LongestFile:
		return nil, fmt.Errorf("it is %d bytes long, and what is imported is at most %d", info.Size(), LongestFile)
	}
	data, err := io.ReadAll(io.LimitReader(file, LongestFile+1))
	if err != nil {
		return nil, plain(err)
	}
	return data, nil
}

// Parse reads every document of a file of the folder. The error is spec.Problems, whose places are in the folder.
func (f Folder) Parse(name string) ([]*Node, error) {
	data, err := f.Read(name)
	if err != nil {
		return nil, spec.Problems{{Position: spec.Position{File: name}, Text: fmt.Sprintf("cannot be read: %v", err)}}
	}
	return Parse(name, data)
}

// plain leaves out of an error the path that the message says already.
func plain(err error) error {
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		return pathError.Err
	}
	return err
}
