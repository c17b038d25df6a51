// Package lint judges a project offline: what its specs generate is held against Helm's own lint, against the types of the
// Kubernetes API, and against Pod Security restricted. It writes nothing into the project.
package lint

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"slices"

	"helm.sh/helm/v3/pkg/chart"

	"github.com/helm-chart-factory/factory/factory/spec"
	"github.com/helm-chart-factory/factory/factory/umbrella"
)

// The rules, each by the name under which a finding is reported.
const (
	RuleHelm        = "helm"         // Helm's own lint, warnings counted
	RuleAPI         = "kubernetes"   // the manifest is one that the API's types can hold, to the last field
	RulePodSecurity = "pod-security" // the pod fits Pod Security restricted
)

// Finding is one thing that is wrong with what a project generates.
type Finding struct {
	// Rule is one of the rules above.
	Rule string `json:"rule"`
	// Service is the service whose chart it is about; empty for the umbrella.
	Service string `json:"service,omitempty"`
	// Object is the file of the chart, or the kind and name of the object.
	Object string `json:"object"`
	// Text says the cause.
	Text string `json:"text"`
}

// Report is what a run looked at and what it found.
type Report struct {
	Charts   int       `json:"charts"`
	Objects  int       `json:"objects"`
	Findings []Finding `json:"findings"`
}

// Run judges the project in dir. The error is about specs that cannot be read; findings are in the report.
func Run(ctx context.Context, dir string, builtin fs.FS) (*Report, error) {
	p, err := spec.Load(dir)
	if err != nil {
		return nil, err
	}
	c, err := umbrella.Load(p, builtin)
	if err != nil {
		return nil, err
	}
	r := &Report{Charts: len(p.Services) + 1, Findings: []Finding{}}
	if err := r.helm(ctx, p, c); err != nil {
		return nil, err
	}
	if err := r.manifests(ctx, p, c); err != nil {
		return nil, err
	}
	slices.SortFunc(r.Findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Service, b.Service), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Object, b.Object), cmp.Compare(a.Text, b.Text))
	})
	r.Findings = slices.Compact(r.Findings)
	return r, nil
}

func (r *Report) add(rule, service, object, format string, args ...any) {
	r.Findings = append(r.Findings, Finding{Rule: rule, Service: service, Object: object, Text: fmt.Sprintf(format, args...)})
}

// serviceOf returns the service whose chart a template belongs to, by the template's full name.
func serviceOf(c *chart.Chart, template string) string {
	for _, sub := range c.Dependencies() {
		if prefix := sub.ChartFullPath() + "/"; len(template) > len(prefix) && template[:len(prefix)] == prefix {
			return sub.Name()
		}
	}
	return ""
}
