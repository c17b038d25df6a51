package spec

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// noProject is the answer where there is nothing to work on.
type noProject struct{ text string }

func (e noProject) Error() string { return e.text }

// Usage says that the command was run at the wrong place.
func (e noProject) Usage() bool { return true }

// Load reads the project in dir, which must hold factory.yaml itself. When specs are wrong, the error is Problems: all of
// them. Loading writes nothing and asks nobody.
func Load(dir string) (*Project, error) {
	root, err := filepath.Abs(dir)
	if err == nil {
		root, err = filepath.EvalSymlinks(root)
	}
	if err != nil {
		return nil, noProject{fmt.Sprintf("there is no project in %s: %v", dir, err)}
	}
	if _, err := os.Stat(filepath.Join(root, ProjectFile)); errors.Is(err, fs.ErrNotExist) {
		return nil, noProject{fmt.Sprintf("there is no %s in %s\nnext: go to the project's folder, name it with -C DIR, or begin one by writing %s:\n\n  version: %d\n  name: platform",
			ProjectFile, dir, filepath.Join(dir, ProjectFile), Version)}
	}
	l := &loader{root: root}
	l.decoder = newDecoder(&l.problems)
	p := l.project()
	if p == nil {
		return nil, l.problems.orNil()
	}
	l.services(p)
	for _, s := range p.Services {
		l.defaults(p, s)
	}
	l.check(p)
	l.link(p)
	if err := l.problems.orNil(); err != nil {
		return nil, err
	}
	return p, nil
}

type loader struct {
	root     string
	problems Problems
	decoder  *decoder
}

func (l *loader) project() *Project {
	p := newProject(l.root)
	p.source = l.read(ProjectFile)
	if len(l.problems) > 0 {
		return nil
	}
	if !p.source.has("version") {
		l.problems.add(Position{File: ProjectFile, Line: 1, Column: 1}, `"version" is missing: add the line version: %d`, Version)
		return nil
	}
	l.decoder.file = ProjectFile
	before := len(l.problems)
	l.decoder.decode(p.source.root, p)
	// The rest of a file of another version would be read by the wrong rules.
	if p.Version != Version && !l.complained(before, p.source.at("version")) {
		l.problems = l.problems[:before]
		l.problems.add(p.source.at("version"), "version %d is not known to this factory, which reads version %d: use the factory that wrote it, or a newer one", p.Version, Version)
		return nil
	}
	if p.Namespace == "" {
		p.Namespace = p.Name
	}
	return p
}

// complained tells whether a problem since the given count stands in the same line.
func (l *loader) complained(since int, at Position) bool {
	for _, problem := range l.problems[since:] {
		if problem.File == at.File && problem.Line == at.Line {
			return true
		}
	}
	return false
}

func (l *loader) services(p *Project) {
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
		if strings.HasPrefix(entry.Name(), ".") || !l.isService(entry, dir) {
			continue
		}
		if s := l.service(p, entry.Name(), dir); s != nil {
			p.Services = append(p.Services, s)
		}
	}
	if len(p.Services) == 0 && len(l.problems) == 0 {
		l.problems.add(Position{File: servicesDir}, "there are no services: write the first one to %s/NAME/%s, for example with the line\n  port: 8080", servicesDir, ServiceFile)
	}
}

// isService tells whether an entry of services/ is a service, and complains about what was meant to be one.
func (l *loader) isService(entry fs.DirEntry, dir string) bool {
	if !entry.IsDir() && entry.Type()&fs.ModeSymlink == 0 {
		return false
	}
	if entry.Type()&fs.ModeSymlink != 0 {
		if _, err := inside(l.root, dir); err != nil {
			l.problems.add(Position{File: dir}, "%v: move the service into the project", err)
			return false
		}
	}
	full := l.root + "/" + dir
	if _, err := os.Lstat(full + "/" + ServiceFile); err == nil {
		return true
	}
	for _, wrong := range []string{"service.yml", "Service.yaml", "services.yaml"} {
		if _, err := os.Lstat(filepath.Join(full, wrong)); err == nil {
			l.problems.add(Position{File: path.Join(dir, wrong)}, "a spec is called %s: rename this file", ServiceFile)
		}
	}
	return false
}

func (l *loader) service(p *Project, name, dir string) *Service {
	file := dir + "/" + ServiceFile
	s := &Service{
		Kind:        Deployment,
		Replicas:    p.Defaults.Replicas,
		Resources:   p.Defaults.Resources,
		Security:    p.Defaults.Security,
		GracePeriod: p.Defaults.GracePeriod,
		Dir:         dir,
	}
	s.source = l.read(file)
	if s.source.root != nil {
		l.decoder.file = file
		l.decoder.decode(s.source.root, s)
	}
	if s.Name != "" && s.Name != name {
		l.problems.add(s.At("name"), "the name %q does not agree with the folder %q: leave the line out, or rename the folder", short(s.Name), name)
	}
	s.Name = name
	return s
}

// read parses a file of the project; what keeps it from being read becomes a problem.
func (l *loader) read(file string) *source {
	data, err := readInside(l.root, file)
	if err != nil {
		var pathError *fs.PathError
		if errors.As(err, &pathError) {
			err = pathError.Err
		}
		l.problems.add(Position{File: file}, "cannot be read: %v", err)
		return &source{file: file}
	}
	return parse(file, data, &l.problems)
}
