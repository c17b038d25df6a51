// Package rule says what a rule of factory lint is, and what it finds.
package rule

import (
	"fmt"

	"github.com/helm-chart-factory/factory/factory/lint/rendered"
)

// Severity tells how bad a finding is.
type Severity int

// The severities, the worst last, so that they compare.
const (
	// Note is worth knowing. It never fails a run.
	Note Severity = iota + 1
	// Warning works today and hurts some day. It fails a strict run.
	Warning
	// Error does not work, or opens a hole. It fails every run.
	Error
)

func (s Severity) String() string {
	switch s {
	case Note:
		return "note"
	case Warning:
		return "warning"
	case Error:
		return "error"
	}
	return fmt.Sprintf("severity %d", int(s))
}

// MarshalText gives the word for it.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Rule is one thing that factory lint looks for.
type Rule struct {
	// ID is how people name the rule, in waivers too. Where kube-linter has the rule, it is kube-linter's name.
	ID       string   `json:"id"`
	Severity Severity `json:"severity"`
	// What is found, Reason is why it matters and Fix what to write instead: a sentence each.
	What   string `json:"what"`
	Reason string `json:"reason"`
	Fix    string `json:"fix"`
	// Elsewhere names the same rule in other judges, as "kube-score pod-probes". It may be empty.
	Elsewhere string `json:"elsewhere,omitempty"`
}

// Key is the path of a key in a service's spec, from the top. It need not be there: the nearest key around it is then meant.
type Key []string

// Found takes one finding: the object, the key of the spec that decides over it, and the cause.
type Found func(o *rendered.Object, key Key, format string, args ...any)
