package lint

import (
	"cmp"
	"maps"
	"slices"

	"github.com/helm-chart-factory/factory/factory/lint/rule"
	"github.com/helm-chart-factory/factory/factory/spec"
)

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

func sorted(all []Finding) []Finding {
	slices.SortFunc(all, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Service, b.Service), cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column),
			cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Object, b.Object), cmp.Compare(a.Text, b.Text), cmp.Compare(a.Environment, b.Environment))
	})
	return slices.Compact(all)
}
