package spec

import (
	"strings"
	"unicode/utf8"
)

// Lint is what factory lint leaves aside.
type Lint struct {
	// Waive are the rules of factory lint that do not count here, each with the reason: RULE: justification. Default: none.
	Waive map[string]string `spec:"waive"`
}

// shortestJustification is the length in characters below which nobody can tell why a rule was waived.
const shortestJustification = 12

// checkWaivers wants a reason for each waiver. Whether there is such a rule is known to the judge alone, which says so.
func (l *loader) checkWaivers(lint Lint, at func(path ...string) Position) {
	for _, rule := range sortedKeys(lint.Waive) {
		if utf8.RuneCountInString(strings.TrimSpace(lint.Waive[rule])) < shortestJustification {
			l.problems.add(at("lint", "waive", rule), "the waiver of %s does not say why: give the reason in a sentence, for those who read it in a year", short(rule))
		}
	}
}
