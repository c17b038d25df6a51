package lint

import (
	"github.com/helm-chart-factory/factory/factory/lint/checks"
	"github.com/helm-chart-factory/factory/factory/lint/rule"
	"github.com/helm-chart-factory/factory/factory/lint/upgrade"
)

// Rules are all that factory lint looks for, in the order in which docs/lint.md tells of them.
func Rules() []rule.Rule {
	all := []rule.Rule{specRule(), helmRule(), schemaRule(), unknownKind(), removedAPI(), deprecatedAPI()}
	for _, check := range checks.All() {
		all = append(all, check.Rule)
	}
	for _, check := range upgrade.All() {
		all = append(all, check.Rule)
	}
	return append(all, unknownWaiver(), unusedWaiver())
}

func helmRule() rule.Rule {
	return rule.Rule{
		ID: "helm", Severity: rule.Error,
		What:      "what Helm's own lint says, its warnings counted",
		Reason:    "Helm refuses such a chart, or will.",
		Fix:       "correct the template that it comes from",
		Elsewhere: "helm lint --strict",
	}
}

func unknownWaiver() rule.Rule {
	return rule.Rule{
		ID: "unknown-waiver", Severity: rule.Error,
		What:   "a waiver of a rule that does not exist",
		Reason: "It waives nothing, and whoever wrote it believes that it does.",
		Fix:    "factory lint --rules lists the rules",
	}
}

func unusedWaiver() rule.Rule {
	return rule.Rule{
		ID: "unused-waiver", Severity: rule.Warning,
		What:   "a waiver of a rule that finds nothing",
		Reason: "It would hide what is found later, for a reason that no longer holds.",
		Fix:    "take the waiver out",
	}
}
