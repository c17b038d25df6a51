// Package upgrade holds the rules of factory lint that compare a release with the one before it: what the API server would
// refuse to change, what would lose data, and what others may still call.
package upgrade

import (
	"slices"

	"github.com/helm-chart-factory/factory/factory/lint/rendered"
	"github.com/helm-chart-factory/factory/factory/lint/rule"
	"github.com/helm-chart-factory/factory/factory/spec"
)

// Change is a release as it was and as it would be.
type Change struct {
	Was, Is *rendered.Release
	Project *spec.Project
	// File returns a file of the project as it was, by its path with slashes, if it is known.
	File func(path string) ([]byte, bool)
}

// Check is a rule with what looks for it.
type Check struct {
	rule.Rule
	// Run looks at the change and calls found for each case.
	Run func(c *Change, found rule.Found)
}

// All are the checks, by topic.
func All() []Check {
	return slices.Concat(workloadChecks(), volumeChecks(), serviceChecks(), postgresChecks())
}

// eachPair makes a check of one that looks at every object that was there and still is. Hooks are made anew at each release.
func eachPair(look func(was, is *rendered.Object, found rule.Found)) func(*Change, rule.Found) {
	return func(c *Change, found rule.Found) {
		for _, was := range c.Was.Objects {
			if is := c.Is.Find(was.Kind, was.Namespace, was.Name); is != nil && !was.IsHook() && !is.IsHook() {
				look(was, is, found)
			}
		}
	}
}

// gone gives the objects of a kind that were there and are not any more.
func (c *Change) gone(kind string) []*rendered.Object {
	var out []*rendered.Object
	for _, was := range c.Was.Objects {
		if was.Kind == kind && !was.IsHook() && c.Is.Find(kind, was.Namespace, was.Name) == nil {
			out = append(out, was)
		}
	}
	return out
}

// left tells whether anything of a service is still there.
func (c *Change) left(service string) bool {
	return slices.ContainsFunc(c.Is.Objects, func(o *rendered.Object) bool { return o.Service == service })
}
