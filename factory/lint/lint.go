// Package lint judges a project offline: what its specs generate is held against Helm's own lint, against the Kubernetes API,
// against Pod Security, and against the rules that users of kube-score and kube-linter know. It writes nothing into the
// project and asks no cluster.
package lint

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"k8s.io/pod-security-admission/api"

	"github.com/helm-chart-factory/factory/factory/lint/baseline"
	"github.com/helm-chart-factory/factory/factory/lint/checks"
	"github.com/helm-chart-factory/factory/factory/lint/rendered"
	"github.com/helm-chart-factory/factory/factory/lint/schemas"
	"github.com/helm-chart-factory/factory/factory/lint/upgrade"
	"github.com/helm-chart-factory/factory/factory/spec"
	"github.com/helm-chart-factory/factory/factory/umbrella"
)

// Request says what to judge and how.
type Request struct {
	// Dir is the project's folder.
	Dir string
	// Builtin are the built-in templates.
	Builtin fs.FS
	// KubeVersions are the versions of Kubernetes to judge by, as 1.34. Nil means those that factory.yaml says, else all whose
	// schemas are known.
	KubeVersions []string
	// Environment is the environment to judge. Empty means all, and the project without one.
	Environment string
	// Against is a folder or a git revision to compare with: a release from there is the one that is upgraded. Empty means the
	// last commit, if there is one with an umbrella chart.
	Against string
}

// Run judges the project, and the project as it is in each environment. The error is about specs that cannot be read or
// charts that cannot be rendered; everything else is in the report.
func Run(ctx context.Context, q Request) (*Report, error) {
	catalog, err := schemas.Load()
	if err != nil {
		return nil, err
	}
	p, err := spec.Load(q.Dir)
	if err != nil {
		return nil, err
	}
	before, alone, err := baseline.Find(ctx, p.Dir, q.Against)
	if err != nil {
		return nil, err
	}
	r := &Report{Charts: len(p.Services) + 1, Alone: alone}
	if before != nil {
		r.Against = before.Name
	}
	projects := slices.Concat([]*spec.Project{p}, p.Environments)
	if q.Environment != "" {
		one, err := p.Env(q.Environment)
		if err != nil {
			return nil, err
		}
		projects = []*spec.Project{one}
	}
	f := &findings{base: p, projects: projects, builtin: q.Builtin, templates: map[string]bool{}, seen: map[Finding]bool{}}
	for i, project := range projects {
		f.project = project
		if project.Environment != "" {
			r.Environments = append(r.Environments, project.Environment)
		}
		versions, err := kubeVersions(catalog, project, q.KubeVersions)
		if err != nil {
			return nil, err
		}
		release, err := f.judge(ctx, catalog, versions, before)
		var broken brokenBaseline
		if errors.As(err, &broken) && q.Against == "" { // this may be what mends it
			before, r.Against, r.Alone = nil, "", "nothing to compare with: "+err.Error()
		} else if err != nil {
			return nil, err
		}
		if i == 0 {
			r.Objects, r.KubeVersions = len(release.Objects), versions
		}
	}
	r.Findings, r.Waived = f.waive()
	r.Services = services(p, r)
	return r, nil
}

// judge looks at the project as it is in one environment, and returns what it renders to.
func (f *findings) judge(ctx context.Context, catalog *schemas.Catalog, versions []string, before *baseline.Baseline) (*rendered.Release, error) {
	c, err := umbrella.Load(f.base, f.builtin)
	if err != nil {
		return nil, err
	}
	values, err := f.values(c)
	if err != nil {
		return nil, err
	}
	newest := versions[len(versions)-1] // what templates see as the cluster's; a plain build of Helm would say 1.20
	if err := f.helm(ctx, c, values, newest); err != nil {
		return nil, err
	}
	release, err := f.render(c, newest)
	if err != nil {
		return nil, f.blame(err)
	}
	judged := &checks.Judged{Release: release, Project: f.project, Levels: map[string]api.Level{}}
	for _, s := range f.project.Services {
		judged.Levels[s.Name] = api.Level(s.Security.Level)
	}
	for _, check := range checks.All() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		check.Run(judged, f.by(check.Rule))
	}
	f.schemas(catalog, release, versions)
	return release, f.upgrade(before, release, newest)
}

// render renders a chart as it is released in the environment that is looked at.
func (f *findings) render(c *chart.Chart, kubeVersion string) (*rendered.Release, error) {
	values, err := f.values(c)
	if err != nil {
		return nil, err
	}
	return rendered.Render(c, rendered.Options{Name: f.base.Name, Namespace: f.project.Namespace, KubeVersion: kubeVersion, Values: values})
}

// values are what a chart says for the environment that is looked at. A chart that does not know it says nothing.
func (f *findings) values(c *chart.Chart) (map[string]any, error) {
	if f.project.Environment == "" {
		return map[string]any{}, nil
	}
	for _, file := range c.Files {
		if file.Name != umbrella.ValuesFile(f.project.Environment) {
			continue
		}
		values, err := chartutil.ReadValues(file.Data)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", file.Name, err)
		}
		return values, nil
	}
	return map[string]any{}, nil
}

// brokenBaseline is a release to compare with that does not render.
type brokenBaseline struct{ error }

func (e brokenBaseline) Unwrap() error { return e.error }

// upgrade compares the release with the one before.
func (f *findings) upgrade(before *baseline.Baseline, is *rendered.Release, kubeVersion string) error {
	if before == nil {
		return nil
	}
	c, err := loader.LoadFiles(before.Files)
	if err != nil {
		return brokenBaseline{fmt.Errorf("loading the umbrella chart of %s: %w", before.Name, err)}
	}
	was, err := f.render(c, kubeVersion)
	if err != nil {
		return brokenBaseline{fmt.Errorf("in %s: %w", before.Name, err)}
	}
	change := &upgrade.Change{Was: was, Is: is, Project: f.project, File: before.File}
	for _, check := range upgrade.All() {
		check.Run(change, f.by(check.Rule))
	}
	return nil
}
