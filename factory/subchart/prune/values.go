package prune

import (
	"regexp"
	"strings"
)

var (
	named    = regexp.MustCompile("[\"`]Values[\"`]")
	changing = regexp.MustCompile(`\b(?:set|unset|merge\w*|mustMerge\w*)\s`)
	asking   = regexp.MustCompile(`\bhasKey\s+\$?\.Values\b`)
	bare     = regexp.MustCompile(`\.Values(?:[^.\w]|$)`)
)

// MakesValues tells whether what the template calls .Values may hold more than the chart's values: it changes them, as with
// set .Values "key" 1, or calls something else so, as with dict "Values" $other. Nothing is known of its keys then.
func (t *Template) MakesValues() bool {
	changes, whole := false, false
	for _, token := range t.tokens {
		if !token.action || strings.HasPrefix(token.inner, "/*") {
			continue
		}
		if named.MatchString(token.inner) {
			return true
		}
		changes = changes || changing.MatchString(token.inner)
		whole = whole || bare.MatchString(asking.ReplaceAllString(token.inner, ""))
	}
	return changes && whole
}
