package scaffold

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/helm-chart-factory/factory/factory/spec"
)

// Service adds a service to the project in dir: services/NAME/ with its spec and what its image is built from. All of it is
// written, or nothing; a folder of that name is left alone, and an error.
func Service(dir, name, template string) (*Result, error) {
	if err := checkTemplate(template); err != nil {
		return nil, err
	}
	if err := spec.CheckServiceName(name); err != nil {
		return nil, wrong("%q cannot be the name of a service: %v", name, err)
	}
	if _, err := os.Stat(filepath.Join(dir, spec.ProjectFile)); errors.Is(err, fs.ErrNotExist) {
		return nil, wrong("there is no %s in %s\nnext: name the project with -C DIR, or begin one with factory init", spec.ProjectFile, dir)
	}
	files, err := service(template, name, schemaFolderOf(dir))
	if err != nil {
		return nil, err
	}
	result, err := write(dir, files, nil)
	if err != nil {
		return nil, err
	}
	// What others in the project say wrong is not the new service's fault; what is said of it would be ours.
	var problems spec.Problems
	if _, err := spec.Load(dir); errors.As(err, &problems) {
		for _, p := range problems {
			if strings.HasPrefix(p.File, serviceFolder(name)+"/") {
				err = fmt.Errorf("the new service does not fit the project, so it was taken back: %s", p)
				return nil, errors.Join(err, os.RemoveAll(filepath.Join(dir, serviceFolder(name))))
			}
		}
	}
	return result, nil
}

func serviceFolder(name string) string { return "services/" + name }

// service returns the files of a service. Schemas is the folder of the project that has the schemas for editors, or "".
func service(template, name, schemas string) ([]file, error) {
	modeline := ""
	if schemas != "" {
		modeline = "# yaml-language-server: $schema=../../" + path.Join(schemas, "service.schema.json") + "\n"
	}
	return render(template, serviceFolder(name), map[string]string{"NAME": name, "MODELINE": modeline})
}

// schemaFolderOf returns the folder that factory.yaml names in its first lines as that of its schema, or "" when it names none
// of the project.
func schemaFolderOf(dir string) string {
	text, err := os.Open(filepath.Join(dir, spec.ProjectFile))
	if err != nil {
		return ""
	}
	defer text.Close()
	lines := bufio.NewScanner(text)
	for lines.Scan() && strings.HasPrefix(lines.Text(), "#") {
		_, schema, ok := strings.Cut(lines.Text(), "yaml-language-server: $schema=")
		if !ok || strings.Contains(schema, ":") || path.IsAbs(schema) {
			continue
		}
		folder := path.Dir(strings.TrimSpace(schema))
		if _, err := os.Stat(filepath.Join(dir, folder, "service.schema.json")); err == nil {
			return folder
		}
	}
	return ""
}
