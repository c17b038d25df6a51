package lint

import (
	"maps"
	"slices"

	"github.com/helm-chart-factory/factory/factory/lint/rule"
	"github.com/helm-chart-factory/factory/factory/spec"
)

// waiver is a rule that does not count in a service, or in all of them.
type waiver struct {
	service string // empty: in all
	rule    string
	reason  string
	at      spec.Position
	used    bool
}

// waive parts the findings into those that count and those that a waiver keeps from counting. What is wrong with the waivers
// themselves counts, and no waiver helps against it.
func (f *findings) waive() (counting, waived []Finding) {
	waivers := waivers(f.project)
	counting, waived = []Finding{}, []Finding{}
	for _, finding := range f.all {
		if w := waiverOf(waivers, finding); w != nil {
			w.used = true
			finding.Waived = w.reason
			waived = append(waived, finding)
			continue
		}
		counting = append(counting, finding)
	}
	known := ids()
	for _, w := range waivers {
		switch {
		case !slices.Contains(known, w.rule):
			counting = append(counting, w.finding(unknownWaiver(), "there is no rule "+w.rule+": "+spec.DidYouMean(w.rule, known)))
		case !w.used:
			counting = append(counting, w.finding(unusedWaiver(), w.rule+" finds nothing here"))
		}
	}
	return sorted(counting), sorted(waived)
}

// waivers are all that the project says, its services' first, so that the nearer one is taken.
func waivers(p *spec.Project) []*waiver {
	var all []*waiver
	add := func(service string, lint spec.Lint, at func(...string) spec.Position) {
		for _, rule := range slices.Sorted(maps.Keys(lint.Waive)) {
			all = append(all, &waiver{service: service, rule: rule, reason: lint.Waive[rule], at: at("lint", "waive", rule)})
		}
	}
	for _, s := range p.Services {
		add(s.Name, s.Lint, s.At)
	}
	add("", p.Lint, p.At)
	return all
}

func waiverOf(waivers []*waiver, f Finding) *waiver {
	for _, w := range waivers {
		if w.rule == f.Rule && (w.service == "" || w.service == f.Service) {
			return w
		}
	}
	return nil
}

func (w *waiver) finding(r rule.Rule, text string) Finding {
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
