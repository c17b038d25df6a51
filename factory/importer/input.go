package importer

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/helm-chart-factory/factory/factory/importer/compose"
	"github.com/helm-chart-factory/factory/factory/importer/draft"
	"github.com/helm-chart-factory/factory/factory/importer/manifests"
	"github.com/helm-chart-factory/factory/factory/importer/source"
	"github.com/helm-chart-factory/factory/factory/spec"
)

// composeNames are the files that Compose looks for, the first one wins.
var composeNames = []string{"compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"}

// mostFiles bounds the manifests of one import.
const mostFiles = 5000

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
	var project *draft.Project
	if areManifests(folder, names) {
		project, err = manifests.Convert(manifests.Input{Folder: folder, Paths: names})
	} else {
		project, err = compose.Convert(compose.Input{Folder: folder, Paths: names, Profiles: r.Profiles})
	}
	return project, folder, shown(err, folder)
}

// areManifests tells whether any of the files holds a Kubernetes object. What cannot be read is left to who reads it.
func areManifests(folder source.Folder, names []string) bool {
	for _, name := range names {
		documents, _ := folder.Parse(name)
		for _, n := range documents {
			if n.Get("kind").Said() && n.Get("apiVersion").Said() {
				return true
			}
		}
	}
	return false
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

// inputs returns the files to read: a folder stands for the Compose file in it, or else for all manifests below it.
func inputs(paths []string) ([]string, error) {
	var files []string
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, wrong{fmt.Errorf("there is nothing to import: %w", err)}
		}
		if !info.IsDir() {
			files = append(files, path)
			continue
		}
		found := composeIn(path)
		if found == nil {
			if found, err = manifestsIn(path); err != nil {
				return nil, err
			}
		}
		if len(found) == 0 {
			return nil, wrong{fmt.Errorf("there is nothing to import in %s: name a Compose file (%s), or a folder with manifests (.yaml, .yml or .json)", path, strings.Join(composeNames, ", "))}
		}
		files = append(files, found...)
	}
	return files, nil
}

func composeIn(dir string) []string {
	for _, name := range composeNames {
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			return []string{path}
		}
	}
	return nil
}

// manifestsIn returns the files below a folder that may hold manifests, hidden ones and links left out.
func manifestsIn(dir string) ([]string, error) {
	var files []string
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		hidden := strings.HasPrefix(entry.Name(), ".") && path != dir
		switch {
		case err != nil:
			return err
		case entry.IsDir() && hidden:
			return fs.SkipDir
		case !entry.Type().IsRegular() || hidden || !slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(path)):
			return nil
		case len(files) == mostFiles:
			return wrong{fmt.Errorf("there are more than %d files in %s: import them in parts", mostFiles, dir)}
		}
		files = append(files, path)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("looking for manifests: %w", err)
	}
	return files, nil
}

// open returns the folder that may be read, with the paths of the files in it: the project's, when it holds them all, or else
// the one that holds all files.
func open(paths []string, into string) (source.Folder, []string, error) {
	project, err := real(into)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return source.Folder{}, nil, fmt.Errorf("looking at %s: %w", into, err)
	}
	roots := []string{around(paths)}
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
		return source.Folder{FS: opened.FS(), Shown: root, InProject: i == 0 && project != ""}, names, nil
	}
	return source.Folder{}, nil, wrong{fmt.Errorf("the files lie in different folders: import them one after the other, or copy them into one folder")}
}

// around returns the nearest folder that holds all paths, as they are written.
func around(paths []string) string {
	dir := filepath.Dir(paths[0])
	for _, path := range paths[1:] {
		for {
			if rest, err := filepath.Rel(dir, path); err == nil && filepath.IsLocal(rest) || dir == filepath.Dir(dir) {
				break
			}
			dir = filepath.Dir(dir)
		}
	}
	return dir
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
