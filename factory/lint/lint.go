// Package lint judges a project offline: what its specs generate is held against Helm's own lint, against the Kubernetes API,
// against Pod Security, and against the rules that users of kube-score and kube-linter know. It writes nothing into the
// project and asks no cluster.
package lint

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"slices"

	"github.com/helm-chart-factory/factory/factory/lint/checks"
	"github.com/helm-chart-factory/factory/factory/lint/rendered"
	"github.com/helm-chart-factory/factory/factory/lint/rule"
	"github.com/helm-chart-factory/factory/factory/lint/schemas"
	"github.com/helm-chart-factory/factory/factory/spec"
	"github.com/helm-chart-factory/factory/factory/umbrella"
)

// Request says what to judge and how.
type Request struct {
	// Dir is the project's folder.
	Dir string
	// Builtin are the built-in templates.
	Builtin fs.FS
	// KubeVersions are the versions of Kubernetes to judge by, as 1.34. Nil means all whose schemas are known.
	KubeVersions []string
	// Environment is the environment to judge; empty judges the project by itself.
	Environment string
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
}

// Report is what a run looked at and what it found.
type Report struct {
	Charts  int `json:"charts"`
	Objects int `json:"objects"`
	// KubeVersions are the versions of Kubernetes by whose schemas objects were judged.
	KubeVersions []string `json:"kubeVersions"`
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

// Run judges the project. The error is about specs that cannot be read or charts that cannot be rendered; everything else is
// in the report.
func Run(ctx context.Context, q Request) (*Report, error) {
	catalog, err := schemas.Load()
	if err != nil {
		return nil, err
	}
	versions, err := kubeVersions(catalog, q.KubeVersions)
	if err != nil {
		return nil, err
	}
	p, err := spec.Load(q.Dir)
	if err != nil {
		return nil, err
	}
	if p, err = p.Env(q.Environment); err != nil {
		return nil, err
	}
	c, err := umbrella.Load(p, q.Builtin)
	if err != nil {
		return nil, err
	}
	newest := versions[len(versions)-1] // what templates see as the cluster's; a plain build of Helm would say 1.20
	f := &findings{project: p, builtin: q.Builtin, templates: map[string]bool{}}
	if err := f.helm(ctx, c, newest); err != nil {
		return nil, err
	}
	release, err := rendered.Render(c, rendered.Options{Name: p.Name, Namespace: p.Namespace, KubeVersion: newest})
	if err != nil {
		return nil, err
	}
	judged := &checks.Judged{Release: release, Project: p}
	for _, check := range checks.All() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		check.Run(judged, f.by(check.Rule))
	}
	f.schemas(catalog, release, versions)
	r := &Report{Charts: len(p.Services) + 1, Objects: len(release.Objects), KubeVersions: versions}
	r.Findings, r.Waived = f.waive()
	return r, nil
}

// findings collects what is found, each with its place in the specs.
type findings struct {
	project *spec.Project
	builtin fs.FS
	// templates tells for each template that was asked for whether the project has one of its own.
	templates map[string]bool
	all       []Finding
}

// by returns what takes the findings of a rule.
func (f *findings) by(r rule.Rule) rule.Found {
	return func(o *rendered.Object, key rule.Key, format string, args ...any) {
		at := f.place(o, key)
		f.all = append(f.all, Finding{
			Rule: r.ID, Severity: r.Severity, Service: o.Service, Object: o.String(),
			File: at.File, Line: at.Line, Column: at.Column,
			Text: fmt.Sprintf(format, args...), Fix: r.Fix,
		})
	}
}

func sorted(all []Finding) []Finding {
	slices.SortFunc(all, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Service, b.Service), cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column),
			cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Object, b.Object), cmp.Compare(a.Text, b.Text))
	})
	return slices.Compact(all)
}
