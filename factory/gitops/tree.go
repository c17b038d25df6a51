package gitops

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/helm-chart-factory/factory/factory/files"
	"github.com/helm-chart-factory/factory/factory/lint/rendered"
	"github.com/helm-chart-factory/factory/factory/spec"
	"github.com/helm-chart-factory/factory/factory/stamp"
)

// units are the folders of the services with a file for each object: <service>/<kind>-<name>.yaml. What is no service's is in a
// folder that is called as the project.
func (r Request) units(objects []*rendered.Object) ([]files.Unit, error) {
	short := map[string]int{}
	for _, o := range objects {
		short[r.shortPath(o)]++
	}
	taken := map[string]*rendered.Object{}
	byFolder := map[string]*files.Unit{}
	for _, o := range objects {
		at := r.shortPath(o)
		if short[at] > 1 {
			at = r.longPath(o)
		}
		if other := taken[at]; other != nil {
			return nil, wrongUse{fmt.Errorf("%s and %s give two objects called %s: one of them would be lost", other.Template, o.Template, o)}
		}
		taken[at] = o
		body, err := text(o)
		if err != nil {
			return nil, fmt.Errorf("writing %s: %w", o, err)
		}
		data := append(stamp.Open(nil, at, r.from(o)), body...)
		stamp.Seal(data)
		folder, name := path.Split(at)
		folder = path.Clean(folder)
		if byFolder[folder] == nil {
			byFolder[folder] = &files.Unit{Path: folder}
		}
		byFolder[folder].Files = append(byFolder[folder].Files, files.File{Path: name, Data: data})
	}
	units := make([]files.Unit, 0, len(byFolder))
	for _, folder := range slices.Sorted(maps.Keys(byFolder)) {
		units = append(units, *byFolder[folder])
	}
	return units, nil
}

// scope is the folders that are rendered, and those below dir that were rendered once: they have a file of factory's directly in them.
func scope(dir string, units []files.Unit) (files.Scope, error) {
	var all files.Scope
	for _, u := range units {
		all = append(all, u.Path)
	}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("looking at the manifests: %w", err)
	}
	for _, entry := range entries {
		if !entry.IsDir() || slices.Contains(all, entry.Name()) {
			continue
		}
		found, err := filepath.Glob(filepath.Join(dir, entry.Name(), "*.yaml"))
		if err != nil {
			return nil, fmt.Errorf("looking at the manifests: %w", err)
		}
		for _, file := range found {
			if data, err := os.ReadFile(file); err == nil && stamp.Check(data) != stamp.Foreign {
				all = append(all, entry.Name())
				break
			}
		}
	}
	return all, nil
}

// from is the file that an object is made of.
func (r Request) from(o *rendered.Object) string {
	if s := r.Project.Service(o.Service); s != nil {
		return s.Dir + "/" + spec.ServiceFile
	}
	return spec.ProjectFile
}

func (r Request) folder(o *rendered.Object) string { return cmp.Or(o.Service, r.Project.Name) }

func (r Request) shortPath(o *rendered.Object) string {
	return path.Join(r.folder(o), fileName(strings.ToLower(o.Kind), o.Name))
}

// longPath tells objects apart that have the same kind and name in two groups of the API, or in two namespaces.
func (r Request) longPath(o *rendered.Object) string {
	kind := strings.ToLower(o.Kind)
	if group, _, found := strings.Cut(o.APIVersion, "/"); found {
		kind += "." + group
	}
	return path.Join(r.folder(o), fileName(kind, o.Namespace, o.Name))
}

// fileName joins what an object is called. Roles may have colons in their names, which not every disk takes.
func fileName(parts ...string) string {
	var some []string
	for _, part := range parts {
		if part != "" {
			some = append(some, strings.ReplaceAll(part, ":", "_"))
		}
	}
	return strings.Join(some, "-") + ".yaml"
}

// text is an object in YAML, its keys sorted.
func text(o *rendered.Object) ([]byte, error) { return yaml.Marshal(o.Fields) }
