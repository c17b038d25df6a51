package spec

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// noProject is the answer where there is nothing to work on.
type noProject struct{ text string }

func (e noProject) Error() string { return e.text }

// Usage says that the command was run at the wrong place.
func (e noProject) Usage() bool { return true }

// Load reads the project in dir, which must hold factory.yaml itself. When specs are wrong, the error is Problems: all of
// them. Loading writes nothing and asks nobody.
func Load(dir string) (*Project, error) {
	p, err := LoadDraft(dir, Draft{})
	if err != nil {
		return nil, err
	}
	return p, nil
}

// LoadDraft reads the project as Load does, as if its files said what the draft says. When the specs are wrong then, it returns
// what could be read of them along with the Problems; nil when that is nothing.
func LoadDraft(dir string, draft Draft) (*Project, error) {
	root, err := filepath.Abs(dir)
	if err == nil {
		root, err = filepath.EvalSymlinks(root)
	}
	if err != nil {
		return nil, noProject{fmt.Sprintf("there is no project in %s: %v", dir, err)}
	}
	if _, err := os.Stat(filepath.Join(root, ProjectFile)); errors.Is(err, fs.ErrNotExist) {
		return nil, noProject{fmt.Sprintf("there is no %s in %s\nnext: go to the project's folder, name it with -C DIR, or begin one with factory init", ProjectFile, dir)}
	}
	return newLoader(root, currentFormat(), draft).load()
}

// load reads everything once. With problems, the project is what could be read, or nil.
func (l *loader) load() (*Project, error) {
	p := l.project()
	if p == nil {
		return nil, l.problems.orNil()
	}
	l.readServices()
	service := reflect.TypeFor[Service]()
	for i := range l.written {
		w := &l.written[i]
		l.decoder.from = w.source
		p.Services = append(p.Services, l.service(w, l.merge(refuseNulls, service, p.Defaults.node, w.source.root)))
	}
	l.settle(p)
	l.environments(p)
	return p, l.problems.orNil()
}

// Draft is what a project could say: a question, for which nothing has to be written.
type Draft struct {
	// Files are the texts of files that exist, by their path in the project, with slashes.
	Files map[string][]byte
	// Only, if there is one, tells which services are read; the others are as good as gone.
	Only func(service string) bool
}

type loader struct {
	root     string
	format   format
	draft    Draft
	problems Problems
	decoder  *decoder
	// others are the files of the nodes that do not come from their service's own.
	others  map[*yaml.Node]string
	written []written
	shared  shared
	// conversions lead from the version of factory.yaml to the one that is read here.
	conversions []func(service *yaml.Node)
}

// written is what people wrote about one service.
type written struct {
	name, dir string
	*source
	overrides []overrideFile
}

// overrideFile is a service.ENVIRONMENT.yaml.
type overrideFile struct {
	environment, file string
	root              *yaml.Node
}

func newLoader(root string, f format, draft Draft) *loader {
	l := &loader{root: root, format: f, draft: draft, others: map[*yaml.Node]string{}, shared: shared{}}
	l.decoder = newDecoder(&l.problems)
	return l
}

// settle fills in what is not said, and judges the whole.
func (l *loader) settle(p *Project) {
	for _, s := range p.Services {
		before := len(l.problems)
		l.defaults(p, s)
		l.blame(s, before)
	}
	l.check(p)
	l.link(p)
	l.nameServices()
}

func (l *loader) project() *Project {
	p := newProject(l.root)
	p.source = l.read(ProjectFile)
	if len(l.problems) > 0 {
		return nil
	}
	if !p.source.has("version") {
		l.problems.add(Position{File: ProjectFile, Line: 1, Column: 1}, `"version" is missing: add the line version: %d`, l.format.version)
		return nil
	}
	l.decoder.from = p.source
	if !l.convert(p.source.root) {
		return nil
	}
	l.decoder.decode(p.source.root, p)
	l.comesFrom(ProjectFile, p.Defaults.node)
	for _, o := range p.Overrides {
		l.comesFrom(ProjectFile, o.value)
	}
	if p.Namespace == "" {
		p.Namespace = p.Name
	}
	return p
}

// comesFrom notes the file of a node, and of all below, that will be a part of other files' specs.
func (l *loader) comesFrom(file string, n *yaml.Node) {
	if n == nil {
		return
	}
	l.others[n] = file
	for _, child := range n.Content {
		l.comesFrom(file, child)
	}
}

// readServices reads all that is written about services, and complains when there are none.
func (l *loader) readServices() {
	entries, err := os.ReadDir(filepath.Join(l.root, servicesDir))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		l.problems.add(Position{File: servicesDir}, "cannot be read: %v", err)
		return
	}
	if _, err := inside(l.root, servicesDir); err != nil {
		l.problems.add(Position{File: servicesDir}, "%v: keep the services in the project", err)
		return
	}
	for _, entry := range entries {
		dir := servicesDir + "/" + entry.Name()
		if strings.HasPrefix(entry.Name(), ".") || l.draft.Only != nil && !l.draft.Only(entry.Name()) || !l.isFolder(entry, dir) {
			continue
		}
		names := l.names(dir)
		if !slices.Contains(names, ServiceFile) {
			l.misnamed(dir, names)
			continue
		}
		w := written{name: entry.Name(), dir: dir, source: l.read(dir + "/" + ServiceFile)}
		l.convertService(w.root)
		l.readOverrides(&w, names)
		l.written = append(l.written, w)
	}
	if len(l.written) == 0 && len(l.problems) == 0 {
		l.problems.add(Position{File: servicesDir}, "there are no services: add the first one with factory new NAME, or write %s/NAME/%s yourself, for example with the line\n  port: 8080", servicesDir, ServiceFile)
	}
}

// isFolder tells whether an entry of services/ is a folder of the project.
func (l *loader) isFolder(entry fs.DirEntry, dir string) bool {
	if entry.Type()&fs.ModeSymlink == 0 {
		return entry.IsDir()
	}
	if _, err := inside(l.root, dir); err != nil {
		l.problems.add(Position{File: dir}, "%v: move the service into the project", err)
		return false
	}
	info, err := os.Stat(l.root + "/" + dir)
	return err == nil && info.IsDir()
}

// names lists what is in a service's folder, in no order.
func (l *loader) names(dir string) []string {
	folder, err := os.Open(l.root + "/" + dir)
	if err == nil {
		defer folder.Close()
		var names []string
		if names, err = folder.Readdirnames(-1); err == nil {
			return names
		}
	}
	l.problems.add(Position{File: dir}, "cannot be read: %v", errors.Unwrap(err))
	return nil
}

// misnamed complains about what was meant to be a spec.
func (l *loader) misnamed(dir string, names []string) {
	for _, wrong := range []string{"service.yml", "Service.yaml", "services.yaml"} {
		if slices.Contains(names, wrong) {
			l.problems.add(Position{File: path.Join(dir, wrong)}, "a spec is called %s: rename this file", ServiceFile)
		}
	}
}

// readOverrides reads the files beside a spec that say what differs in an environment.
func (l *loader) readOverrides(w *written, names []string) {
	for _, name := range names {
		environment, ok := strings.CutPrefix(name, "service.")
		if !ok || name == ServiceFile {
			continue
		}
		file := w.dir + "/" + name
		if yml, ok := strings.CutSuffix(environment, ".yml"); ok {
			l.problems.add(Position{File: file}, "what differs in an environment is called service.%s.yaml: rename this file", yml)
		}
		if environment, ok = strings.CutSuffix(environment, ".yaml"); ok {
			read := l.read(file)
			l.convertService(read.root)
			l.comesFrom(file, read.root)
			w.overrides = append(w.overrides, overrideFile{environment: environment, file: file, root: read.root})
		}
	}
}

// service reads one service from what all layers say together.
func (l *loader) service(w *written, root *yaml.Node) *Service {
	s := newService()
	s.Dir = w.dir
	s.source = &source{file: w.file, root: root, others: l.others}
	if root != nil {
		l.decoder.decode(root, s)
	}
	if s.Name != "" && s.Name != w.name {
		l.problems.add(s.At("name"), "the name %q does not agree with the folder %q: leave the line out, or rename the folder", short(s.Name), w.name)
	}
	s.Name = w.name
	return s
}

// read parses a file of the project; what keeps it from being read becomes a problem.
func (l *loader) read(file string) *source {
	data, said := l.draft.Files[file]
	var err error
	if !said {
		data, err = readInside(l.root, file)
	}
	if err != nil {
		var pathError *fs.PathError
		if errors.As(err, &pathError) {
			err = pathError.Err
		}
		l.problems.add(Position{File: file}, "cannot be read: %v", err)
		return &source{file: file, others: l.others}
	}
	s := parse(file, data, &l.problems)
	s.others = l.others
	return s
}
