package importer

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/helm-chart-factory/factory/factory/importer/draft"
	"github.com/helm-chart-factory/factory/factory/spec"
)

// writing brings files into a project: all of them, or none.
type writing struct {
	into  string
	files []draft.File
	root  *os.Root
	// made is the topmost folder that was made for the project; empty when that was there.
	made string
	// store is the folder in the project that holds what is new before it is moved, and what is old after.
	store string
	undo  []func() error
}

// planned looks at what is in the way. Files that are there already with the same content are left out.
func planned(into string, files []draft.File, force bool) (*writing, error) {
	w := &writing{into: into}
	root, err := os.OpenRoot(into)
	if errors.Is(err, fs.ErrNotExist) {
		w.files = files
		return w, nil
	}
	if err != nil {
		return nil, fmt.Errorf("looking at the project: %w", err)
	}
	defer root.Close()
	var inTheWay []string
	for _, f := range files {
		info, err := root.Lstat(f.Path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			w.files = append(w.files, f)
			continue
		case err != nil:
			return nil, wrong{fmt.Errorf("%s cannot be written: %w", filepath.Join(into, f.Path), err)}
		case f.Path == spec.ProjectFile:
			continue // the project has its own
		case !info.Mode().IsRegular():
			return nil, wrong{fmt.Errorf("%s is no regular file: move it away", filepath.Join(into, f.Path))}
		}
		if data, err := root.ReadFile(f.Path); err == nil && bytes.Equal(data, f.Data) {
			continue
		}
		inTheWay = append(inTheWay, f.Path)
		w.files = append(w.files, f)
	}
	if len(inTheWay) > 0 && !force {
		return nil, wrong{fmt.Errorf("nothing was written, because these files are there already in %s:\n  %s\nnext: move them away, import into another folder with --into DIR, or give them up with --force",
			into, strings.Join(inTheWay, "\n  "))}
	}
	return w, nil
}

// write stores everything beside first, moves it into place, and sees that the project loads.
func (w *writing) write() (err error) {
	if err := w.open(); err != nil {
		return errors.Join(fmt.Errorf("writing into %s: %w", w.into, err), w.clear())
	}
	defer w.root.Close()
	defer func() {
		if err != nil {
			err = errors.Join(err, w.takeBack())
		}
	}()
	for _, f := range w.files {
		if err := w.put(path.Join(w.store, "new", f.Path), f.Data); err != nil {
			return fmt.Errorf("writing into %s: %w", w.into, err)
		}
	}
	for _, f := range w.files {
		if err := w.move(f.Path); err != nil {
			return fmt.Errorf("writing into %s: %w", w.into, err)
		}
	}
	if _, err := spec.Load(w.into); err != nil {
		return fmt.Errorf("nothing was written, because the project would not load: %w", err)
	}
	return w.root.RemoveAll(w.store)
}

// open makes the project's folder and the store in it.
func (w *writing) open() error {
	full, err := filepath.Abs(w.into)
	if err != nil {
		return err
	}
	for dir := full; ; dir = filepath.Dir(dir) {
		if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		w.made = dir
	}
	if err := os.MkdirAll(full, 0o755); err != nil {
		return err
	}
	if w.root, err = os.OpenRoot(full); err != nil {
		return err
	}
	store := fmt.Sprintf(".factory-import-%d", os.Getpid())
	if err := w.root.Mkdir(store, 0o755); err != nil {
		return err
	}
	w.store = store
	return nil
}

func (w *writing) put(name string, data []byte) error {
	if err := w.root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return err
	}
	return w.root.WriteFile(name, data, 0o644)
}

// move puts one file into place. The folders that are made for it and the file that it replaces are remembered.
func (w *writing) move(name string) error {
	if err := w.folder(path.Dir(name)); err != nil {
		return err
	}
	kept := path.Join(w.store, "old", name)
	if _, err := w.root.Lstat(name); err == nil {
		if err := w.root.MkdirAll(path.Dir(kept), 0o755); err != nil {
			return err
		}
		if err := w.root.Rename(name, kept); err != nil {
			return err
		}
		w.undo = append(w.undo, func() error { return w.root.Rename(kept, name) })
	}
	if err := w.root.Rename(path.Join(w.store, "new", name), name); err != nil {
		return err
	}
	w.undo = append(w.undo, func() error { return w.root.Remove(name) })
	return nil
}

// folder makes a folder with those above it.
func (w *writing) folder(name string) error {
	if name == "." {
		return nil
	}
	if err := w.folder(path.Dir(name)); err != nil {
		return err
	}
	err := w.root.Mkdir(name, 0o755)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err == nil {
		w.undo = append(w.undo, func() error { return w.root.Remove(name) })
	}
	return err
}

// takeBack undoes what was done, the last step first. Where that fails, the store stays with what was replaced.
func (w *writing) takeBack() error {
	var failed []error
	for _, step := range slices.Backward(w.undo) {
		if err := step(); err != nil {
			failed = append(failed, err)
		}
	}
	if len(failed) > 0 {
		return fmt.Errorf("and taking it back failed: %w\nnext: move what was replaced back, from %s", errors.Join(failed...), filepath.Join(w.into, w.store, "old"))
	}
	return w.clear()
}

// clear removes the store, and the project's folder if it was made.
func (w *writing) clear() error {
	var failed []error
	if w.store != "" {
		failed = append(failed, w.root.RemoveAll(w.store))
	}
	if w.made != "" {
		failed = append(failed, os.RemoveAll(w.made))
	}
	return errors.Join(failed...)
}
