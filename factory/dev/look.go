package dev

import (
	"crypto/sha256"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"

	"github.com/helm-chart-factory/factory/factory/image"
	"github.com/helm-chart-factory/factory/factory/spec"
)

// parts say what each of several things holds, by its name: a path, or a build argument.
type parts map[string]string

// look is the project as it is on disk at one moment. Whether something changed is told by what files hold, not by when they were
// written.
type look struct {
	project *spec.Project
	images  []image.Service
	// specs are what the charts are made from, code what each service's image is made from.
	specs parts
	code  map[string]parts
	// folders are those in which any of it may change.
	folders []string
}

// read takes one look.
func read(steps Steps) (*look, error) {
	p, sources, err := steps.Load()
	if err != nil {
		return nil, err
	}
	seen := &look{project: p, images: steps.Images(p), specs: parts{}, code: map[string]parts{}}
	for _, file := range sources {
		seen.addSpec(filepath.Join(p.Dir, filepath.FromSlash(file)))
	}
	for _, file := range templateFiles(p.Dir) {
		seen.addSpec(file)
	}
	for _, service := range seen.images {
		inputs, err := image.Look(service, Passing)
		if err != nil {
			return nil, err
		}
		seen.code[service.Name] = inputs.Parts
		seen.folders = append(seen.folders, inputs.Folders...)
	}
	return seen, nil
}

func (l *look) addSpec(file string) {
	content, err := os.ReadFile(file)
	if err != nil {
		content = nil // it went a moment ago, and whoever reads it says so
	}
	sum := sha256.Sum256(content)
	l.specs[file] = string(sum[:])
	l.folders = append(l.folders, filepath.Dir(file))
}

func (l *look) same(other *look) bool {
	return maps.Equal(l.specs, other.specs) && reflect.DeepEqual(l.code, other.code)
}

// has tells whether one of these paths is a part.
func (l *look) has(paths []string) bool { return slices.ContainsFunc(paths, l.holds) }

func (l *look) holds(path string) bool {
	_, found := l.specs[path]
	for _, code := range l.code {
		_, there := code[path]
		found = found || there
	}
	return found
}

// worth are those of some paths that are worth telling: the parts, or else what is there at all, since programs that save files write
// others beside them for a moment.
func (l *look) worth(paths []string) []string {
	gone := func(path string) bool {
		_, err := os.Lstat(path)
		return err != nil
	}
	if l.has(paths) {
		gone = func(path string) bool { return !l.holds(path) }
	}
	return slices.DeleteFunc(slices.Clone(paths), gone)
}

// changes are the names of the parts that are not as they were before, sorted.
func (l *look) changes(before *look) []string {
	found := difference(before.specs, l.specs)
	for service := range l.code {
		found = append(found, difference(before.code[service], l.code[service])...)
	}
	slices.Sort(found)
	return slices.Compact(found)
}

func difference(before, after parts) []string {
	var found []string
	for name, value := range after {
		if was, there := before[name]; !there || was != value {
			found = append(found, name)
		}
	}
	for name := range before {
		if _, there := after[name]; !there {
			found = append(found, name)
		}
	}
	return found
}

// specFolders are the folders in which specs and templates come and go, also while the specs cannot be read.
func specFolders(root string) []string {
	services := filepath.Join(root, "services")
	found := []string{root, services}
	entries, err := os.ReadDir(services)
	if err != nil {
		return found // there are none
	}
	for _, entry := range entries {
		if entry.IsDir() || entry.Type()&fs.ModeSymlink != 0 {
			found = append(found, filepath.Join(services, entry.Name()))
		}
	}
	walkTemplates(root, func(path string, folder bool) {
		if folder {
			found = append(found, path)
		}
	})
	return found
}

func templateFiles(root string) []string {
	var found []string
	walkTemplates(root, func(path string, folder bool) {
		if !folder {
			found = append(found, path)
		}
	})
	return found
}

// walkTemplates visits the project's own templates, if there are any.
func walkTemplates(root string, visit func(path string, folder bool)) {
	_ = filepath.WalkDir(filepath.Join(root, "templates"), func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil: // it is not there, or not any more
		case Passing(entry.Name()) && entry.IsDir():
			return fs.SkipDir
		case !Passing(entry.Name()):
			visit(path, entry.IsDir())
		}
		return nil
	})
}
