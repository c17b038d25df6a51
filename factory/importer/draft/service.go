package draft

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/helm-chart-factory/factory/factory/importer/source"
	"github.com/helm-chart-factory/factory/factory/spec"
)

// File is a file that an import makes, by its path in the project, with slashes.
type File struct {
	Path string
	Data []byte
}

// Project is what an import makes of a source.
type Project struct {
	// Name is the project's, empty when the source says none.
	Name string
	// Namespace is the namespace of all objects, empty when the source says none.
	Namespace string
	// From is what the two come from.
	From     *source.Node
	Services []*Service
	Report   Report
}

// Service is one spec that is being made.
type Service struct {
	// Name is the folder's: an RFC 1035 label.
	Name string
	// From is what the service comes from.
	From *source.Node
	// Keys are those of service.yaml.
	Keys *Map
	// Files lie beside service.yaml; their paths are relative to it.
	Files []File

	level   string   // of Pod Security, when it is not restricted
	demands []string // what the level is for
}

// NewService returns a service that says nothing yet.
func NewService(name string, from *source.Node) *Service {
	return &Service{Name: name, From: from, Keys: NewMap()}
}

// Dir returns the service's folder, relative to the project.
func (s *Service) Dir() string { return path.Join("services", s.Name) }

// Spec returns the path of the service's spec, relative to the project.
func (s *Service) Spec() string { return path.Join(s.Dir(), spec.ServiceFile) }

// AddFile puts a file beside the spec and returns its path there. A name that is taken gets a number.
func (s *Service) AddFile(name string, data []byte) string {
	taken := func(name string) bool {
		return name == spec.ServiceFile || slices.ContainsFunc(s.Files, func(f File) bool { return f.Path == name })
	}
	free := name
	for i := 2; taken(free); i++ {
		free = path.Join(path.Dir(name), fmt.Sprintf("%d-%s", i, path.Base(name)))
	}
	s.Files = append(s.Files, File{Path: free, Data: data})
	return free
}

// DropUnused leaves out the files that no key names any more.
func (s *Service) DropUnused() {
	named := map[string]bool{}
	for _, key := range []string{"files", "manifests", "init", "sidecars"} {
		collect(s.Keys.Get(key), named)
	}
	s.Files = slices.DeleteFunc(s.Files, func(f File) bool { return !named[f.Path] })
}

func collect(v Value, texts map[string]bool) {
	switch v := v.(type) {
	case Text:
		texts[string(v)] = true
	case List:
		for _, item := range v {
			collect(item, texts)
		}
	case *Map:
		for e := range v.said() {
			collect(e.value, texts)
		}
	}
}

// Render returns the files of the project: factory.yaml, every spec, and the files beside them, sorted by path.
func (p *Project) Render() []File {
	files := []File{{Path: spec.ProjectFile, Data: p.projectFile()}}
	for _, s := range p.Services {
		files = append(files, File{Path: s.Spec(), Data: encode(p.head(s), s.Keys)})
		for _, f := range s.Files {
			files = append(files, File{Path: path.Join(s.Dir(), f.Path), Data: f.Data})
		}
	}
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return files
}

func (p *Project) projectFile() []byte {
	keys := NewMap().Set("version", Number(spec.Version), p.From)
	if p.Name != "" {
		keys.Set("name", Text(p.Name), p.From)
	}
	if p.Namespace != "" {
		keys.Set("namespace", Text(p.Namespace), p.From)
	}
	return encode([]string{"The project, begun by factory import. What services share goes under defaults."}, keys)
}

// head is what stands on top of a spec: where it comes from, and what is missing in it.
func (p *Project) head(s *Service) []string {
	lines := []string{"Imported from " + place(s.From.At) + "."}
	first := true
	for _, f := range p.Report.Findings {
		if f.Service != s.Name || f.Level != Lost {
			continue
		}
		if first {
			lines = append(lines, "Not carried over:")
			first = false
		}
		line := "- " + place(f.At)
		if f.Field != "" {
			line += " " + f.Field
		}
		lines = append(lines, line+": "+f.Text)
	}
	return lines
}

func place(at spec.Position) string {
	if at.Line == 0 {
		return at.File
	}
	return fmt.Sprintf("%s:%d", at.File, at.Line)
}
