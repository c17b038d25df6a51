package lint

import (
	"strings"

	"github.com/helm-chart-factory/factory/factory/lint/rule"
	"github.com/helm-chart-factory/factory/factory/spec"
)

func specRule() rule.Rule {
	return rule.Rule{
		ID: "spec", Severity: rule.Error,
		What:   "a spec that cannot be used",
		Reason: "Nothing is generated from it, so nothing else is judged, and it cannot be waived.",
		Fix:    "correct the line that is named",
	}
}

// Unusable reports what is wrong with specs from which nothing can be generated.
func Unusable(problems spec.Problems) *Report {
	r := &Report{Services: []string{}, KubeVersions: []string{}, Waived: []Finding{}}
	found := make([]Finding, len(problems))
	for i, problem := range problems {
		found[i] = Finding{
			Rule: specRule().ID, Severity: specRule().Severity, Text: problem.Text,
			File: problem.File, Line: problem.Line, Column: problem.Column,
		}
		if below, ok := strings.CutPrefix(problem.File, "services/"); ok {
			found[i].Service, _, _ = strings.Cut(below, "/")
		}
	}
	r.Findings = sorted(found)
	r.Services = services(&spec.Project{}, r)
	return r
}
