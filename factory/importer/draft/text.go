package draft

import "strings"

// Literal writes a text so that neither factory nor Kubernetes finds a reference in it: it arrives as it is in what
// Kubernetes expands (command, args and the values of variables).
func Literal(s string) string { return Unreferenced(Unexpanded(s)) }

// Unexpanded writes a text so that Kubernetes finds no $(REFERENCE) in it.
func Unexpanded(s string) string {
	if !strings.Contains(s, "$") {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		b.WriteByte(s[i])
		// Kubernetes reads $$ as $, and $( as the beginning of a reference.
		if s[i] == '$' && i+1 < len(s) && (s[i+1] == '$' || s[i+1] == '(') {
			b.WriteByte('$')
		}
	}
	return b.String()
}

// Unreferenced writes a text that is Kubernetes' own already, so that factory finds no reference in it.
func Unreferenced(s string) string {
	return strings.ReplaceAll(s, "${", "$${")
}
