package umbrella

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"

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
	// Upgrade lets a tree change that an older generator wrote.
	Upgrade bool
	// Waiting is called when another run has to end first.
	Waiting func()
}

// Generate brings the umbrella chart of the project in dir to what its specs say, or compares the two, and returns the
// difference that it found. Builtin are the built-in templates. A tree that an older generator wrote and that would change gives an
// *UpgradeError with the difference, and nothing is written unless the request says Upgrade.
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
	renderer, err := newRenderer(p, builtin)
	if err != nil {
		return nil, err
	}
	folder := filepath.Join(p.Dir, Dir)
	from, err := recordedGenerator(folder)
	switch {
	case err != nil:
		return nil, err
	case from > Generator:
		return nil, newerGenerator{from}
	}
	if older := from < Generator && !r.Upgrade; r.Check || older {
		scope := r.scope(p)
		plan, err := files.Compare(folder, source(p, renderer, scope), scope)
		if err == nil && older && upgrades(plan) {
			err = &UpgradeError{Upgrade: newUpgrade(from), Plan: plan, Check: r.Check}
		}
		if err != nil || r.Check {
			return plan, err
		}
	}
	session, err := files.Begin(ctx, folder, r.Waiting)
	if err != nil {
		return nil, err
	}
	defer session.End()
	scope := session.Scope(r.scope(p))
	return session.Write(ctx, source(p, renderer, scope), scope, r.Force)
}

// Load renders the umbrella of a project in memory, as Helm's loader sees it.
func Load(p *spec.Project, builtin fs.FS) (*chart.Chart, error) {
	renderer, err := newRenderer(p, builtin)
	if err != nil {
		return nil, err
	}
	var buffered []*loader.BufferedFile
	for unit, err := range source(p, renderer, files.Everything()) {
		if err != nil {
			return nil, err
		}
		for _, f := range unit.Files {
			buffered = append(buffered, &loader.BufferedFile{Name: path.Join(unit.Path, f.Path), Data: bytes.Clone(f.Data)})
		}
	}
	return loader.LoadFiles(buffered)
}

func newRenderer(p *spec.Project, builtin fs.FS) (*subchart.Renderer, error) {
	templates, err := subchart.Open(builtin, os.DirFS(filepath.Join(p.Dir, "templates")))
	if err != nil {
		return nil, err
	}
	return subchart.NewRenderer(templates), nil
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
