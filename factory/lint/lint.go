// Package lint judges a project offline: what its specs generate is held against Helm's own lint, against the Kubernetes API,
// against Pod Security, and against the rules that users of kube-score and kube-linter know. It writes nothing into the
// project and asks no cluster.
package lint

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"k8s.io/pod-security-admission/api"

	"github.com/helm-chart-factory/factory/factory/lint/baseline"
	"github.com/helm-chart-factory/factory/factory/lint/checks"
	"github.com/helm-chart-factory/factory/factory/lint/rendered"
	"github.com/helm-chart-factory/factory/factory/lint/rule"
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

// Finding is one thing that is wrong with what a project generates.
type Finding struct {
	// Rule is the ID of the rule that found it.
	Rule     string        `json:"rule"`
	Severity rule.Severity `json:"severity"`
	// Service is the service whose chart it is about; empty for the umbrella.
	Service string `json:"service,omitempty"`
	// Object is the kind and name of the object, or the file of the chart.
	Object string `json:"object,omitempty"`
	// File, Line and Column are the place in a spec, a manifest or a template that decides over it. Lines and columns count
	// from one; they are left out for a whole file.
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
	// Text says the cause, and Fix what to write instead.
	Text string `json:"text"`
	Fix  string `json:"fix,omitempty"`
	// Waived is the justification of the waiver that keeps the finding from counting.
	Waived string `json:"waived,omitempty"`
	// Environment is the one where it is found, for what is not found without one.
	Environment string `json:"environment,omitempty"`
}

// Report is what a run looked at and what it found.
type Report struct {
	Charts  int `json:"charts"`
	Objects int `json:"objects"`
	// Services are the names of those that were looked at, and of those that vanished.
	Services []string `json:"services"`
	// KubeVersions are the versions of Kubernetes by whose schemas objects were judged.
	KubeVersions []string `json:"kubeVersions"`
	// Environments are those that were looked at beside the project without one.
	Environments []string `json:"environments,omitempty"`
	// Against is what the release was compared with: a commit or a folder. Empty means nothing, and Alone says why.
	Against string `json:"against,omitempty"`
	Alone   string `json:"alone,omitempty"`
	// Findings count, Waived do not. Both are sorted by service, place, rule, object and text.
	Findings []Finding `json:"findings"`
	Waived   []Finding `json:"waived"`
}

// Count returns the number of findings of a severity.
func (r *Report) Count(s rule.Severity) int {
	n := 0
	for _, f := range r.Findings {
		if f.Severity == s {
			n++
		}
	}
	return n
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
		if err != nil {
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

// services are the names of a project's services and of those that are found to be gone, sorted.
func services(p *spec.Project, r *Report) []string {
	names := map[string]bool{}
	for _, s := range p.Services {
		names[s.Name] = true
	}
	for _, f := range slices.Concat(r.Findings, r.Waived) {
		names[f.Service] = true
	}
	delete(names, "")
	return slices.Sorted(maps.Keys(names))
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
		return nil, err
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

// upgrade compares the release with the one before.
func (f *findings) upgrade(before *baseline.Baseline, is *rendered.Release, kubeVersion string) error {
	if before == nil {
		return nil
	}
	c, err := loader.LoadFiles(before.Files)
	if err != nil {
		return fmt.Errorf("loading the umbrella chart of %s: %w", before.Name, err)
	}
	was, err := f.render(c, kubeVersion)
	if err != nil {
		return fmt.Errorf("rendering the umbrella chart of %s: %w", before.Name, err)
	}
	change := &upgrade.Change{Was: was, Is: is, Project: f.project, File: before.File}
	for _, check := range upgrade.All() {
		check.Run(change, f.by(check.Rule))
	}
	return nil
}

// findings collects what is found, each with its place in the specs.
type findings struct {
	// base is the project without an environment, projects are what is looked at: it, and what it is in environments.
	base     *spec.Project
	projects []*spec.Project
	// project is the one of these that is looked at now.
	project *spec.Project
	builtin fs.FS
	// templates tells for each template that was asked for whether the project has one of its own.
	templates map[string]bool
	all       []Finding
	// seen is what was found without an environment.
	seen map[Finding]bool
}

// by returns what takes the findings of a rule.
func (f *findings) by(r rule.Rule) rule.Found {
	return func(o *rendered.Object, key rule.Key, format string, args ...any) {
		f.add(r, o, key, "", fmt.Sprintf(format, args...))
	}
}

// add takes a finding. Path is that of the object's field which it is about, if it is about one. What is found without an
// environment is not repeated for each.
func (f *findings) add(r rule.Rule, o *rendered.Object, key rule.Key, path, text string) {
	at := f.place(o, key, path)
	finding := Finding{
		Rule: r.ID, Severity: r.Severity, Service: o.Service, Object: o.String(),
		File: at.File, Line: at.Line, Column: at.Column, Text: text, Fix: r.Fix,
	}
	if f.project == f.base {
		f.seen[finding] = true
	} else if f.seen[finding] {
		return
	}
	finding.Environment = f.project.Environment
	f.all = append(f.all, finding)
}

func sorted(all []Finding) []Finding {
	slices.SortFunc(all, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Service, b.Service), cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column),
			cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Object, b.Object), cmp.Compare(a.Text, b.Text), cmp.Compare(a.Environment, b.Environment))
	})
	return slices.Compact(all)
}
