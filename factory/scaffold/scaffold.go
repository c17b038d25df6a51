// Package scaffold begins projects and services: small specs with what they need to be built, which generate and pass the
// judge as they are.
package scaffold

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// sources hold the files of each template. Each ends with .txt, so that neither Go nor git takes it for its own.
//
//go:embed all:files
var sources embed.FS

// Template is a kind of service to begin with.
type Template struct {
	Name string
	// Summary is what the service is, in a few words.
	Summary string
}

// Templates lists what a service can begin as.
func Templates() []Template {
	return []Template{
		{"api", "an HTTP API in Go, with probes and a disruption budget"},
		{"web", "a web page behind nginx, with an ingress over TLS"},
		{"worker", "a program in Go that works on its own"},
		{"cron", "a program that runs by the clock"},
		{"postgres", "Postgres 15 with its data on a volume and a generated password"},
	}
}

// Result is what was written.
type Result struct {
	// Dir is the project's folder, as it was given.
	Dir string `json:"dir"`
	// Files are the paths of what was written, relative to Dir, with slashes.
	Files []string `json:"files"`
	// Kept are the paths of files that were there already and stay as they are.
	Kept []string `json:"kept,omitempty"`
}

// wrongUse is what only another command line cures.
type wrongUse struct{ text string }

func (e wrongUse) Error() string { return e.text }

// Usage says that the command is wrong.
func (wrongUse) Usage() bool { return true }

func wrong(format string, args ...any) error { return wrongUse{fmt.Sprintf(format, args...)} }

// file is one file to write, by its path relative to the project, with slashes.
type file struct {
	path string
	data []byte
}

// render returns the files of a template below a folder of the project, with @WORD@ replaced.
func render(template, below string, words map[string]string) ([]file, error) {
	var pairs []string
	for word, text := range words {
		pairs = append(pairs, "@"+word+"@", text)
	}
	replacer := strings.NewReplacer(pairs...)
	var files []file
	root := path.Join("files", template)
	err := fs.WalkDir(sources, root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := sources.ReadFile(name)
		if err != nil {
			return err
		}
		relative := strings.TrimSuffix(strings.TrimPrefix(name, root+"/"), ".txt")
		files = append(files, file{path.Join(below, relative), []byte(replacer.Replace(string(data)))})
		return nil
	})
	return files, err
}

func checkTemplate(name string) error {
	known := Templates()
	if slices.ContainsFunc(known, func(t Template) bool { return t.Name == name }) {
		return nil
	}
	names := make([]string, len(known))
	for i, t := range known {
		names[i] = t.Name
	}
	return wrong("there is no template %q: use one of %s", name, strings.Join(names, ", "))
}
