package umbrella

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/chart"

	"github.com/helm-chart-factory/factory/factory/files"
	"github.com/helm-chart-factory/factory/factory/spec"
	"github.com/helm-chart-factory/factory/factory/subchart"
)

// Request says what to generate and how.
type Request struct {
	// Services are the names of those whose charts are wanted. Nil means all.
	Services []string
	// Umbrella asks for the umbrella's own files too, and for charts of services that are gone to go.
	Umbrella bool
	// Check only compares.
	Check bool
	// Force gives up what people changed by hand.
	Force bool
	// Waiting is called when another run has to end first.
	Waiting func()
}

// Generate brings the umbrella chart of the project in dir to what its specs say, or compares the two, and returns the
// difference that it found. Builtin are the built-in templates.
func Generate(ctx context.Context, dir string, builtin fs.FS, r Request) (*files.Plan, error) {
	p, err := spec.Load(dir)
	if err != nil {
		return nil, err
	}
	for _, name := range r.Services {
		if p.Service(name) == nil {
			return nil, unknownService{name: name, known: p.Services}
		}
	}
	templates, err := openTemplates(p, builtin)
	if err != nil {
		return nil, err
	}
	folder := filepath.Join(p.Dir, Dir)
	if r.Check {
		scope := r.scope(p)
		tree, err := render(p, templates, scope)
		if err != nil {
			return nil, err
		}
		return files.Compare(folder, tree, scope)
	}
	session, err := files.Begin(ctx, folder, r.Waiting)
	if err != nil {
		return nil, err
	}
	defer session.End()
	scope := session.Scope(r.scope(p))
	tree, err := render(p, templates, scope)
	if err != nil {
		return nil, err
	}
	return session.Write(ctx, tree, scope, r.Force)
}

// Load renders the umbrella of a project in memory, with every chart in it.
func Load(p *spec.Project, builtin fs.FS) (*chart.Chart, error) {
	templates, err := openTemplates(p, builtin)
	if err != nil {
		return nil, err
	}
	charts, err := renderAll(p, p.Services, templates)
	if err != nil {
		return nil, err
	}
	return Build(p, charts, templates)
}

func openTemplates(p *spec.Project, builtin fs.FS) (*subchart.Templates, error) {
	return subchart.Open(builtin, os.DirFS(filepath.Join(p.Dir, "templates")))
}

func (r Request) scope(p *spec.Project) files.Scope {
	if r.Umbrella {
		return files.Everything()
	}
	var scope files.Scope
	for _, s := range p.Services {
		if r.Services == nil || slices.Contains(r.Services, s.Name) {
			scope = append(scope, ChartDir(s.Name))
		}
	}
	return scope
}

// render returns the generated files in the scope.
func render(p *spec.Project, t *subchart.Templates, scope files.Scope) (files.Tree, error) {
	services := p.Services
	if !scope.Everything() {
		services = slices.DeleteFunc(slices.Clone(services), func(s *spec.Service) bool {
			return !slices.Contains(scope, ChartDir(s.Name))
		})
	}
	charts, err := renderAll(p, services, t)
	if err != nil {
		return nil, err
	}
	if !scope.Everything() {
		return Subtrees(charts), nil
	}
	c, err := Build(p, charts, t)
	if err != nil {
		return nil, err
	}
	return Tree(c), nil
}

func renderAll(p *spec.Project, services []*spec.Service, t *subchart.Templates) ([]*chart.Chart, error) {
	charts := make([]*chart.Chart, len(services))
	for i, s := range services {
		c, err := subchart.Render(p, s, t)
		if err != nil {
			return nil, err
		}
		charts[i] = c
	}
	return charts, nil
}

// unknownService is a name on the command line that no spec has.
type unknownService struct {
	name  string
	known []*spec.Service
}

func (e unknownService) Error() string {
	names := make([]string, len(e.known))
	for i, s := range e.known {
		names[i] = s.Name
	}
	return fmt.Sprintf("there is no service %q; the project has: %s", e.name, strings.Join(names, ", "))
}

// Usage says that the command is wrong.
func (e unknownService) Usage() bool { return true }
