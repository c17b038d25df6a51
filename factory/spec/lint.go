package spec

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Lint is what factory lint leaves aside.
type Lint struct {
	// Waive are the rules of factory lint that do not count here, each with the reason: RULE: justification. Default: none.
	Waive map[string]string `spec:"waive"`
}

// ProjectLint is what factory lint goes by in every service.
type ProjectLint struct {
	// Waive are the rules of factory lint that do not count in any service, each with the reason: RULE: justification. Default: none.
	Waive map[string]string `spec:"waive"`
	// Kubernetes are the minor versions whose schemas objects are held against. Default: all that factory knows. Example: ["1.34", "1.35"].
	Kubernetes []string `spec:"kubernetes"`
}

// shortestJustification is the length in characters below which nobody can tell why a rule was waived.
const shortestJustification = 12

// checkWaivers wants a reason for each waiver. Whether there is such a rule is known to the judge alone, which says so.
func (l *loader) checkWaivers(waive map[string]string, at func(path ...string) Position) {
	for _, rule := range sortedKeys(waive) {
		if utf8.RuneCountInString(strings.TrimSpace(waive[rule])) < shortestJustification {
			l.problems.add(at("lint", "waive", rule), "the waiver of %s does not say why: give the reason in a sentence, for those who read it in a year", short(rule))
		}
	}
}

// checkKubeVersions wants minor versions. Which of them there are is known to the judge alone.
func (l *loader) checkKubeVersions(versions []string, at func(path ...string) Position) {
	for i, version := range versions {
		major, minor, _ := strings.Cut(version, ".")
		if _, err := strconv.Atoi(minor); major != "1" || err != nil {
			l.problems.add(at("lint", "kubernetes", strconv.Itoa(i)), `%q is not a minor version of Kubernetes: write it as "1.34"`, short(version))
		}
	}
}
