// Package explain answers why a leaf of a manifest has its value: which line of a spec, which default or which line of a template
// decides it. It keeps no table of what comes from where. It changes one input after another in memory, the values that
// templates read, the specs that the values are made of, the lines of the templates, and sees what the change does.
package explain

import (
	"fmt"
	"strings"

	"github.com/helm-chart-factory/factory/factory/spec"
)

// The kinds of origin.
const (
	// FromSpec is a line of a service's spec.
	FromSpec = "spec"
	// FromProject is a line of factory.yaml.
	FromProject = "project"
	// FromEnvironment is a line that counts in one environment only.
	FromEnvironment = "environment"
	// FromDefault is factory's own default of a key that nobody said.
	FromDefault = "default"
	// FromFactory is what factory adds itself to what was said.
	FromFactory = "factory"
	// FromTemplate is what a template says by itself.
	FromTemplate = "template"
	// FromFile is a line of a file that goes along as it is.
	FromFile = "file"
	// FromFolder is the name of a service's folder.
	FromFolder = "folder"
)

// Origin is one thing that decides a value.
type Origin struct {
	// Kind is one of the kinds above.
	Kind string `json:"kind"`
	// Key is the key of the spec, as a path; empty where there is none.
	Key string `json:"key,omitempty"`
	// File, Line and Column are where it stands. Lines and columns count from one; both are 0 for what stands nowhere.
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
	// Text is what stands there.
	Text string `json:"text,omitempty"`
	// Meaning is what the key means, or what factory does.
	Meaning string `json:"meaning,omitempty"`
}

// Value is what a template reads on the way to a leaf.
type Value struct {
	// Name is how templates read it: container.resources.limits.memory, or .Release.Name.
	Name string `json:"name"`
	// File and Line are where generated values hold it; empty for what Helm says itself.
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
	// IsKey tells that it is the name that counts, not what it holds.
	IsKey bool `json:"isKey,omitempty"`
	// Origins decide it, the most specific first.
	Origins []Origin `json:"origins"`
}

// Answer says why a leaf has its value.
type Answer struct {
	// Object is the kind and name of the manifest, and Path is the leaf in it.
	Object string `json:"object"`
	Path   string `json:"path"`
	// Value is the leaf's. For one that is made anew at each rendering it says so instead.
	Value any `json:"value"`
	// Origin decides it before all others.
	Origin Origin `json:"origin"`
	// Template is the line that writes the leaf.
	Template *Origin `json:"template,omitempty"`
	// Values are what the template reads for it, the most specific first; none where the template says it by itself.
	Values []Value `json:"values,omitempty"`
	// Because is what the leaf would not be there without, where that is not what decides it.
	Because *Origin `json:"because,omitempty"`

	name string
}

// Place tells where the origin stands, for people.
func (o Origin) Place() string {
	switch {
	case o.Line == 0:
		return o.File
	case o.Column == 0:
		return fmt.Sprintf("%s:%d", o.File, o.Line)
	default:
		return spec.Position{File: o.File, Line: o.Line, Column: o.Column}.String()
	}
}

// Short says in one line who decides.
func (o Origin) Short() string {
	switch o.Kind {
	case FromDefault:
		return "default of " + o.Key
	case FromFactory:
		return "factory, in " + o.Place()
	case FromFolder:
		return "name of the folder " + o.File
	default:
		return o.Place()
	}
}

// wrongUse is what only another command line cures.
type wrongUse struct{ text string }

func (e wrongUse) Error() string { return e.text }

// Usage says that the command is wrong.
func (wrongUse) Usage() bool { return true }

func wrong(format string, args ...any) error { return wrongUse{fmt.Sprintf(format, args...)} }

func names(p *spec.Project) string {
	all := make([]string, len(p.Services))
	for i, s := range p.Services {
		all[i] = s.Name
	}
	return "the project has " + strings.Join(all, ", ")
}
