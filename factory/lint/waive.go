package lint

import (
	"maps"
	"slices"

	"github.com/helm-chart-factory/factory/factory/lint/rule"
	"github.com/helm-chart-factory/factory/factory/spec"
)

// waiver is a rule that does not count in a service, or in all of them, in one environment or without one.
type waiver struct {
	environment string
	service     string // empty: in all
	rule        string
	reason      string
	at          spec.Position
}

// waive parts the findings into those that count and those that a waiver keeps from counting. What is wrong with the waivers
// themselves counts, and no waiver helps against it.
func (f *findings) waive() (counting, waived []Finding) {
	var all []waiver
	for _, p := range f.projects {
		all = append(all, waivers(p)...)
	}
	counting, waived = []Finding{}, []Finding{}
	used := map[spec.Position]bool{} // one that stands in the defaults is every service's
	for _, finding := range f.all {
		i := slices.IndexFunc(all, func(w waiver) bool { return w.covers(finding) })
		if i < 0 {
			counting = append(counting, finding)
			continue
		}
		used[all[i].at] = true
		finding.Waived = all[i].reason
		waived = append(waived, finding)
	}
	known := ids()
	told := map[spec.Position]bool{}
	for _, w := range all {
		if used[w.at] || told[w.at] {
			continue
		}
		told[w.at] = true
		if !slices.Contains(known, w.rule) {
			counting = append(counting, w.finding(unknownWaiver(), "there is no rule "+w.rule+": "+spec.DidYouMean(w.rule, known)))
		} else {
			counting = append(counting, w.finding(unusedWaiver(), w.rule+" finds nothing here"))
		}
	}
	return sorted(counting), sorted(waived)
}

// waivers are all that a project says, its services' first, so that the nearer one is taken.
func waivers(p *spec.Project) []waiver {
	var all []waiver
	add := func(service string, waive map[string]string, at func(...string) spec.Position) {
		for _, rule := range slices.Sorted(maps.Keys(waive)) {
			all = append(all, waiver{p.Environment, service, rule, waive[rule], at("lint", "waive", rule)})
		}
	}
	for _, s := range p.Services {
		add(s.Name, s.Lint.Waive, s.At)
	}
	add("", p.Lint.Waive, p.At)
	return all
}

func (w waiver) covers(f Finding) bool {
	return w.rule == f.Rule && w.environment == f.Environment && (w.service == "" || w.service == f.Service)
}

func (w waiver) finding(r rule.Rule, text string) Finding {
	return Finding{
		Rule: r.ID, Severity: r.Severity, Service: w.service, Text: text, Fix: r.Fix,
		File: w.at.File, Line: w.at.Line, Column: w.at.Column,
	}
}

func ids() []string {
	rules := Rules()
	out := make([]string, len(rules))
	for i, r := range rules {
		out[i] = r.ID
	}
	return out
}
