package spec

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Sources lists the files that the project and its environments are read from, by their paths in the project with slashes, sorted:
// the specs, and the files that they name. Templates are not among them.
func (p *Project) Sources() []string {
	found := []string{ProjectFile}
	for _, of := range append([]*Project{p}, p.Environments...) {
		for _, s := range of.Services {
			found = append(found, s.sources(p.Dir)...)
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

func (s *Service) sources(root string) []string {
	var found []string
	entries, err := os.ReadDir(filepath.Join(root, filepath.FromSlash(s.Dir)))
	if err != nil {
		entries = nil // it went since the project was read
	}
	for _, entry := range entries {
		if isSpec(entry.Name()) {
			found = append(found, s.Dir+"/"+entry.Name())
		}
	}
	for _, container := range s.Containers() {
		for _, file := range container.Files {
			found = append(found, path.Join(s.Dir, file.Source))
		}
	}
	for _, file := range s.ManifestFiles {
		found = append(found, path.Join(s.Dir, file))
	}
	return found
}

// isSpec tells whether a file is service.yaml, or what says what differs from it in an environment.
func isSpec(name string) bool {
	return name == ServiceFile || strings.HasPrefix(name, "service.") && path.Ext(name) == ".yaml"
}
