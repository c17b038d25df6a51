package diagnose

import (
	"cmp"
	"encoding/base64"
	"regexp"
	"slices"
	"strings"
)

const (
	hidden = "****"
	// shortestSecret: hiding shorter values would spoil the evidence and protect nothing.
	shortestSecret = 4
	// shortestLine is the same for the lines of a value that has several, such as a key in PEM.
	shortestLine = 16
)

// Mask hides secret values in text that people will read, send around and keep. A nil Mask hides what looks like a
// password, no more.
type Mask struct{ values *strings.Replacer }

// NewMask returns a mask for these values, in plain and in base64.
func NewMask(values []string) *Mask {
	var all []string
	for _, value := range values {
		value = strings.TrimSpace(value)
		if len(value) < shortestSecret {
			continue
		}
		all = append(all, value, base64.StdEncoding.EncodeToString([]byte(value)))
		if lines := strings.Split(value, "\n"); len(lines) > 1 {
			for _, line := range lines {
				if line = strings.TrimSpace(line); len(line) >= shortestLine && !strings.HasPrefix(line, "-----") {
					all = append(all, line)
				}
			}
		}
	}
	// Where one value is part of another, the longer one is hidden as a whole.
	slices.SortFunc(all, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) })
	var pairs []string
	for _, value := range slices.Compact(all) {
		pairs = append(pairs, value, hidden)
	}
	return &Mask{values: strings.NewReplacer(pairs...)}
}

var (
	passwordInURL = regexp.MustCompile(`(://[^:/@\s]*:)[^@/\s]+@`)
	bearer        = regexp.MustCompile(`(?i)(bearer )[a-z0-9._~+/=-]{8,}`)
	assigned      = regexp.MustCompile(`(?i)((?:password|passwd|pwd|api_?key|access_?key|secret_?key)["']?\s*[:=]\s*["']?)[^\s"',;&]{4,}`)
)

// Text is the text with every secret value replaced by ****.
func (m *Mask) Text(text string) string {
	if m != nil {
		text = m.values.Replace(text)
	}
	text = passwordInURL.ReplaceAllString(text, "${1}"+hidden+"@")
	text = bearer.ReplaceAllString(text, "${1}"+hidden)
	return assigned.ReplaceAllString(text, "${1}"+hidden)
}

// Finding is the finding with every secret value in its evidence replaced.
func (m *Mask) Finding(f Finding) Finding {
	f.Detail, f.Cause, f.Next = m.Text(f.Detail), m.Text(f.Cause), m.Text(f.Next)
	f.Events, f.Logs, f.Previous = m.lines(f.Events), m.lines(f.Logs), m.lines(f.Previous)
	return f
}

func (m *Mask) lines(lines []string) []string {
	masked := make([]string, len(lines))
	for i, line := range lines {
		masked[i] = m.Text(line)
	}
	return masked
}
