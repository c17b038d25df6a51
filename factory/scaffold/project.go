package scaffold

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/helm-chart-factory/factory/factory/schema"
	"github.com/helm-chart-factory/factory/factory/spec"
)

// schemaFolder is where a project keeps the schemas that its specs name for editors.
const schemaFolder = ".factory"

// ProjectRequest says what project to begin.
type ProjectRequest struct {
	// Dir is its folder, which is made if need be.
	Dir string
	// Name of the project. Default: that of the folder, as far as it can be one.
	Name string
	// Template is what the first service, which gets this name, begins as. Empty means that there is none.
	Template string
}

// Project begins a project: factory.yaml, a .gitignore, the schemas for editors and one service. All of it is written, or
// nothing. What is in the way is left alone, and an error.
func Project(r ProjectRequest) (*Result, error) {
	if r.Name == "" {
		full, err := filepath.Abs(r.Dir)
		if err != nil {
			return nil, err
		}
		r.Name = projectName(filepath.Base(full))
	}
	if err := spec.CheckName(r.Name); err != nil {
		return nil, wrong("%q cannot be the name of a project: %v", r.Name, err)
	}
	if _, err := os.Lstat(filepath.Join(r.Dir, spec.ProjectFile)); err == nil {
		return nil, wrong("%s is a project already: it has a %s\nnext: factory -C %s new NAME", r.Dir, spec.ProjectFile, r.Dir)
	}
	files, err := render("project", "", map[string]string{"NAME": r.Name})
	if err != nil {
		return nil, err
	}
	files = append(files, schemas()...)
	if r.Template != "" {
		added, err := service(r.Template, r.Template, schemaFolder)
		if err != nil {
			return nil, err
		}
		files = append(files, added...)
	}
	return write(r.Dir, files, []string{".gitignore"})
}

// projectName makes a name of a folder's: what cannot be in one becomes a dash.
func projectName(folder string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		}
		return '-'
	}, folder)
	name = strings.Trim(strings.TrimLeft(name, "-0123456789"), "-")
	if spec.CheckName(name) != nil {
		return "platform"
	}
	return name
}

func schemas() []file {
	return []file{
		{path.Join(schemaFolder, "factory.schema.json"), schema.Project},
		{path.Join(schemaFolder, "service.schema.json"), schema.Service},
	}
}

// RenewSchemas writes the schemas of this factory into a project, for its editors.
func RenewSchemas(dir string) (*Result, error) {
	if _, err := os.Stat(filepath.Join(dir, spec.ProjectFile)); errors.Is(err, fs.ErrNotExist) {
		return nil, wrong("there is no %s in %s\nnext: name the project with -C DIR, or begin one with factory init", spec.ProjectFile, dir)
	}
	result := &Result{Dir: dir}
	for _, f := range schemas() {
		full := filepath.Join(dir, filepath.FromSlash(f.path))
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			return nil, err
		}
		if err := os.WriteFile(full+".new", f.data, 0o644); err != nil {
			return nil, fmt.Errorf("writing the schemas: %w", err)
		}
		if err := os.Rename(full+".new", full); err != nil {
			return nil, fmt.Errorf("writing the schemas: %w", err)
		}
		result.Files = append(result.Files, f.path)
	}
	return result, nil
}
