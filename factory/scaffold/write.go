package scaffold

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/helm-chart-factory/factory/factory/spec"
)

// write brings files into dir: all of them, or none. They are stored beside first and moved into place then, factory.yaml last,
// since it makes a project. A folder that is all new moves as one. What may stay is no obstacle when it is there; anything else
// that is in the way is an error.
func write(dir string, files []file, mayStay []string) (*Result, error) {
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return nil, wrong("%s is no folder: name another one", dir)
	}
	result := &Result{Dir: dir}
	var put []file
	var inTheWay []string
	for _, f := range files {
		obstacle, err := obstacle(dir, unit(f.path))
		switch {
		case err != nil:
			return nil, err
		case obstacle == "":
			put = append(put, f)
		case slices.Contains(mayStay, f.path):
			result.Kept = append(result.Kept, f.path)
		case !slices.Contains(inTheWay, obstacle):
			inTheWay = append(inTheWay, obstacle)
		}
	}
	if len(inTheWay) > 0 {
		return nil, wrong("nothing was written, because this is there already in %s: %s\nnext: move it away, or use another name", dir, strings.Join(inTheWay, ", "))
	}
	slices.SortStableFunc(put, func(a, b file) int { return order(a) - order(b) })
	m := &move{dir: dir}
	if err := m.run(put); err != nil {
		return nil, fmt.Errorf("nothing was written: %w", errors.Join(err, m.takeBack()))
	}
	for _, f := range put {
		result.Files = append(result.Files, f.path)
	}
	slices.Sort(result.Files)
	return result, nil
}

func order(f file) int {
	if f.path == spec.ProjectFile {
		return 1
	}
	return 0
}

// unit is what moves as one: a service's folder, another top folder, or a file.
func unit(name string) string {
	parts := strings.Split(name, "/")
	if parts[0] == "services" {
		return path.Join(parts[:2]...)
	}
	return parts[0]
}

// obstacle returns what is in the way of a unit: the unit itself, or a file in the place of a folder above it.
func obstacle(dir, unit string) (string, error) {
	for at := unit; at != "."; at = path.Dir(at) {
		info, err := os.Lstat(filepath.Join(dir, filepath.FromSlash(at)))
		switch {
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
			continue
		case err != nil:
			return "", err
		case at == unit || !info.IsDir():
			return at, nil
		}
	}
	return "", nil
}

// move is one run, with what takes it back.
type move struct {
	dir  string
	undo []string // what was made, in order
}

func (m *move) run(files []file) error {
	if err := m.folder(m.dir); err != nil {
		return err
	}
	store, err := os.MkdirTemp(m.dir, ".factory-new-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(store)
	for _, f := range files {
		full := filepath.Join(store, filepath.FromSlash(f.path))
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(full, f.data, 0o644); err != nil {
			return err
		}
	}
	for _, f := range files {
		name := filepath.FromSlash(unit(f.path))
		if err := m.place(filepath.Join(store, name), filepath.Join(m.dir, name)); err != nil {
			return err
		}
	}
	return nil
}

// place moves one unit. A file that somebody else has put there meanwhile is not replaced.
func (m *move) place(from, to string) error {
	info, err := os.Lstat(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // it went along with an earlier file of its folder
	}
	if err != nil {
		return err
	}
	if err := m.folder(filepath.Dir(to)); err != nil {
		return err
	}
	if info.IsDir() {
		err = os.Rename(from, to)
	} else {
		err = os.Link(from, to)
	}
	if err == nil {
		m.undo = append(m.undo, to)
	}
	return err
}

// folder makes a folder with those above it, and remembers the topmost that it made.
func (m *move) folder(name string) error {
	full, err := filepath.Abs(name)
	if err != nil {
		return err
	}
	for made := ""; ; full = filepath.Dir(full) {
		if _, err := os.Lstat(full); !errors.Is(err, fs.ErrNotExist) {
			if made != "" {
				m.undo = append(m.undo, made)
			}
			break
		}
		made = full
	}
	return os.MkdirAll(name, 0o755)
}

// takeBack removes what was made, the last first.
func (m *move) takeBack() error {
	var failed []error
	for _, name := range slices.Backward(m.undo) {
		if err := os.RemoveAll(name); err != nil {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}
