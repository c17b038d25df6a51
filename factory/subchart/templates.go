package subchart

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"syscall"

	"github.com/helm-chart-factory/factory/factory/subchart/prune"
)

// Templates are the template files that charts are made of, read once.
type Templates struct {
	files map[string]template
	// whole says that nothing may be left out: a template makes values of its own.
	whole bool
}

type template struct {
	from string
	tree *prune.Template
}

// parts are a text that was cut behind the opening quote of the name of every named template that it defines or calls: there goes
// the chart's name in.
type parts []string

// Open reads the templates of a project: the built-in ones, each replaced by the file of the same path in own, the
// project's templates/ folder. Own may be nil. A file in it that no chart would ever use is an error.
func Open(builtin, own fs.FS) (*Templates, error) {
	t := &Templates{files: map[string]template{}}
	err := fs.WalkDir(builtin, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		return t.add(builtin, name, "factory's templates/"+name)
	})
	if err != nil {
		return nil, fmt.Errorf("reading the built-in templates: %w", err)
	}
	if own == nil {
		return t, nil
	}
	err = fs.WalkDir(own, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist) && name == ".":
			return fs.SkipAll
		case name == "." && errors.Is(err, syscall.ENOTDIR):
			return unreadable{errors.New("templates is a file: a project's own templates are files in a folder of that name")}
		case err != nil || entry.IsDir() || !isTemplate(name):
			return err
		}
		if _, known := t.files[name]; !known {
			return wrongTemplate{name: name, known: t.names()}
		}
		return t.add(own, name, "templates/"+name)
	})
	if err != nil {
		return nil, fmt.Errorf("reading the project's templates: %w", err)
	}
	return t, nil
}

// From returns the file that a template was read from, as generated files name it.
func (t *Templates) From(name string) string { return t.files[name].from }

func isTemplate(name string) bool {
	switch path.Ext(name) {
	case ".yaml", ".yml", ".tpl", ".txt":
		return true
	}
	return false
}

func (t *Templates) add(from fs.FS, name, origin string) error {
	data, err := fs.ReadFile(from, name)
	if err != nil {
		return err
	}
	tree, err := prune.Parse(origin, string(data))
	if err != nil {
		return unreadable{err}
	}
	t.files[name] = template{from: origin, tree: tree}
	t.whole = t.whole || tree.MakesValues()
	return nil
}

// append writes the text to the end of b, with prefix in front of the name of every named template.
func (p parts) append(b []byte, prefix string) []byte {
	for i, part := range p {
		if i > 0 {
			b = append(b, prefix...)
		}
		b = append(b, part...)
	}
	return b
}

// naming finds the name of a named template, up to its opening quote. Names in comments and in quoted text are just text.
var naming = regexp.MustCompile("(?s)(\\b(?:define|include|template|block)\\s+[\"`])[^\"`]*[\"`]|" + `"(?:[^"\\]|\\.)*"|` + "`[^`]*`" + `|/\*.*?\*/`)

// cut splits a template behind the opening quote of each name of a named template. Named templates are global in an umbrella
// chart, where the last of several with one name silently wins: the chart's name in front keeps them apart.
func cut(text string) parts {
	var out parts
	start := 0
	for _, span := range prune.Actions(text) {
		for _, hit := range naming.FindAllStringSubmatchIndex(text[span[0]:span[1]], -1) {
			if hit[3] < 0 {
				continue
			}
			end := span[0] + hit[3]
			out = append(out, text[start:end])
			start = end
		}
	}
	return append(out, text[start:])
}
