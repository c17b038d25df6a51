package importer

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/helm-chart-factory/factory/factory/importer/draft"
	"github.com/helm-chart-factory/factory/factory/importer/source"
	"github.com/helm-chart-factory/factory/factory/spec"
)

// settle brings a draft to what the loader of specs takes: what it refuses is taken out and reported. The draft is loaded in a
// folder of its own, beside copies of the project's specs.
func settle(p *draft.Project, into string) error {
	dir, err := os.MkdirTemp("", "factory-import-")
	if err != nil {
		return fmt.Errorf("making a folder to try the specs in: %w", err)
	}
	defer os.RemoveAll(dir)
	if err := copySpecs(into, dir); err != nil {
		return err
	}
	for {
		files := p.Render()
		if err := try(dir, files); err != nil {
			return err
		}
		_, err := spec.Load(dir)
		if err == nil {
			return nil
		}
		var problems spec.Problems
		if !errors.As(err, &problems) {
			return err
		}
		cut := false
		for _, s := range p.Services {
			cut = cutRefused(p, s, files, problems) || cut
		}
		if !cut {
			return ownProblems(err, p, problems)
		}
		for _, s := range p.Services {
			s.DropUnused()
		}
	}
}

// ownProblems is the end of settling when nothing more can be taken out. What is wrong in specs that were there before is judged
// where they are.
func ownProblems(err error, p *draft.Project, problems spec.Problems) error {
	for _, problem := range problems {
		if slices.ContainsFunc(p.Services, func(s *draft.Service) bool { return strings.HasPrefix(problem.File, s.Dir()+"/") }) {
			return fmt.Errorf("what was made of the source does not load, which is a mistake of factory import: %w", err)
		}
	}
	return nil
}

// cutRefused takes out of a service what the problems are about.
func cutRefused(p *draft.Project, s *draft.Service, files []draft.File, problems spec.Problems) bool {
	cut := false
	var places map[source.Place][]string
	for _, problem := range slices.Backward(problems) { // so that the items of a list keep their places
		if problem.File != s.Spec() {
			continue
		}
		if places == nil {
			places = read(files, s.Spec()).Places()
		}
		gone, from := s.Keys.Cut(places[source.Place{Line: problem.Line, Column: problem.Column}]...)
		if gone == nil {
			continue // an earlier problem took it along
		}
		cut = true
		if from == nil {
			from = s.From
		}
		p.Report.Add(draft.Lost, s.Name, from, "%s", refusal(gone, problem))
	}
	p.Report.Sort()
	return cut
}

// refusal says what the loader said, without the lists of what else it knows.
func refusal(gone []string, problem spec.Problem) string {
	text, _, _ := strings.Cut(problem.Text, ": known here: ")
	if text == fmt.Sprintf("unknown key %q", gone[len(gone)-1]) || strings.HasPrefix(text, "unknown key ") {
		return "a spec has no key for it (" + strings.Join(gone, ".") + ")"
	}
	return "a spec takes no such " + strings.Join(gone, ".") + ": " + text
}

func read(files []draft.File, path string) *source.Node {
	i := slices.IndexFunc(files, func(f draft.File) bool { return f.Path == path })
	documents, err := source.Parse(path, files[i].Data)
	if err != nil || len(documents) != 1 {
		return &source.Node{}
	}
	return documents[0]
}

// try writes the files of the draft over those of the round before.
func try(dir string, files []draft.File) error {
	for _, f := range files {
		path := filepath.Join(dir, filepath.FromSlash(f.Path))
		if f.Path == spec.ProjectFile {
			if _, err := os.Lstat(path); err == nil {
				continue // the project has its own
			}
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return fmt.Errorf("trying the specs: %w", err)
		}
		if err := os.WriteFile(path, f.Data, 0o644); err != nil {
			return fmt.Errorf("trying the specs: %w", err)
		}
	}
	return nil
}

// copySpecs copies what the project says already: its file, and the specs of its services.
func copySpecs(into, dir string) error {
	from, err := os.OpenRoot(into)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("looking at the project: %w", err)
	}
	defer from.Close()
	names, err := fs.Glob(from.FS(), "services/*/service*.yaml")
	if err != nil {
		return fmt.Errorf("looking at the project: %w", err)
	}
	for _, name := range append(names, spec.ProjectFile) {
		data, err := from.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("looking at the project: %w", err)
		}
		to := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return fmt.Errorf("trying the specs: %w", err)
		}
		if err := os.WriteFile(to, data, 0o644); err != nil {
			return fmt.Errorf("trying the specs: %w", err)
		}
	}
	return nil
}
