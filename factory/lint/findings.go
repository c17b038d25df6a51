package lint

import (
	"fmt"
	"io/fs"

	"github.com/helm-chart-factory/factory/factory/lint/rendered"
	"github.com/helm-chart-factory/factory/factory/lint/rule"
	"github.com/helm-chart-factory/factory/factory/spec"
)

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
