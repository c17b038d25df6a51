package importer

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/helm-chart-factory/factory/factory/importer/compose"
	"github.com/helm-chart-factory/factory/factory/importer/draft"
	"github.com/helm-chart-factory/factory/factory/importer/source"
	"github.com/helm-chart-factory/factory/factory/spec"
)

// composeNames are the files that Compose looks for, the first one wins.
var composeNames = []string{"compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"}

// convert finds out what the paths hold and makes a draft of it. The places in it are in the folder that is returned.
func convert(r Request) (*draft.Project, source.Folder, error) {
	paths, err := inputs(r.Paths)
	if err != nil {
		return nil, source.Folder{}, err
	}
	folder, names, err := open(paths, r.Into)
	if err != nil {
		return nil, source.Folder{}, err
	}
	project, err := compose.Convert(compose.Input{Folder: folder, Paths: names, Profiles: r.Profiles})
	return project, folder, shown(err, folder)
}

// shown says where problems are as a person sees it.
func shown(err error, folder source.Folder) error {
	var problems spec.Problems
	if !errors.As(err, &problems) {
		return err
	}
	for i := range problems {
		problems[i].Position = folder.Place(problems[i].Position)
	}
	return problems
}

// inputs returns the files to read: a folder stands for the Compose file in it.
func inputs(paths []string) ([]string, error) {
	var files []string
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, wrong{fmt.Errorf("there is nothing to import: %w", err)}
		}
		if info.IsDir() {
			found := composeIn(path)
			if found == "" {
				return nil, wrong{fmt.Errorf("there is no Compose file in %s: name the file, or a folder with %s", path, strings.Join(composeNames, ", "))}
			}
			path = found
		}
		files = append(files, path)
	}
	return files, nil
}

func composeIn(dir string) string {
	for _, name := range composeNames {
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			return path
		}
	}
	return ""
}

// open returns the folder that may be read, with the paths of the files in it: the project's, when it holds them all, or else
// that of the first file.
func open(paths []string, into string) (source.Folder, []string, error) {
	project, err := real(into)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	if err != nil {
		return source.Folder{}, nil, fmt.Errorf("looking at %s: %w", into, err)
	}
	roots := []string{filepath.Dir(paths[0])}
	if project != "" {
		roots = []string{into, roots[0]}
	}
	for i, root := range roots {
		names, ok := within(root, paths)
		if !ok {
			continue
		}
		opened, err := os.OpenRoot(root)
		if err != nil {
			return source.Folder{}, nil, fmt.Errorf("looking at %s: %w", root, err)
		}
		inProject := i == 0 && project != ""
		return source.Folder{FS: opened.FS(), Shown: root, InProject: inProject}, names, nil
	}
	return source.Folder{}, nil, wrong{fmt.Errorf("the files lie in different folders: import them one after the other, or copy them into one folder")}
}

// within returns the paths relative to a folder, with slashes, when it holds all of them.
func within(root string, paths []string) ([]string, bool) {
	base, err := real(root)
	if err != nil {
		return nil, false
	}
	var names []string
	for _, path := range paths {
		full, err := real(filepath.Dir(path))
		if err != nil {
			return nil, false
		}
		name, err := filepath.Rel(base, filepath.Join(full, filepath.Base(path)))
		if err != nil || !filepath.IsLocal(name) {
			return nil, false
		}
		names = append(names, filepath.ToSlash(name))
	}
	return names, true
}

func real(path string) (string, error) {
	full, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(full)
}
