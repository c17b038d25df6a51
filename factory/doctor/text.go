package doctor

import (
	"fmt"
	"io"
	"strings"

	"github.com/helm-chart-factory/factory/factory/console"
)

// Write writes the report for a person: a line for each check, and below them what is wrong. paint colours a text.
func (r *Report) Write(w io.Writer, paint func(console.Color, string) string) {
	width := 0
	for _, result := range r.Checks {
		width = max(width, len(result.ID))
	}
	for _, result := range r.Checks {
		mark, color, detail := "–", console.Dim, result.Detail
		switch result.Outcome {
		case Passed:
			mark, color = "✓", console.Green
		case Failed:
			mark, color = "✗", console.Red
		case NotHere:
			detail = "not here: " + detail
		case NotChecked:
			detail = "not checked: " + detail
		}
		if result.Outcome == NotHere || result.Outcome == NotChecked {
			detail = paint(console.Dim, detail)
		}
		fmt.Fprintf(w, "%s %-*s  %s\n", paint(color, mark), width, result.ID, detail)
	}
	for _, result := range r.Checks {
		for i, problem := range result.Problems {
			if i == 0 {
				fmt.Fprintf(w, "\n%s %s\n", paint(console.Red, "✗"), paint(console.Bold, result.ID+": "+result.Detail))
			} else {
				fmt.Fprintln(w)
			}
			problem.write(w, paint)
		}
	}
	fmt.Fprintf(w, "\n%s\n", r.summary())
}

func (p Problem) write(w io.Writer, paint func(console.Color, string) string) {
	for _, part := range []struct{ title, text string }{{"saw", p.Saw}, {"why", p.Why}, {"fix", p.Fix}} {
		if part.text == "" {
			continue
		}
		text := strings.ReplaceAll(part.text, "\n", "\n       ")
		if part.title == "fix" {
			text = paint(console.Bold, text)
		}
		fmt.Fprintf(w, "  %s  %s\n", part.title, text)
	}
}

// summary is the line that says how it stands: "23 checks: 18 passed, 2 failed, 3 not checked".
func (r *Report) summary() string {
	parts := []string{fmt.Sprintf("%d passed", r.count(Passed))}
	for _, kind := range []struct {
		outcome Outcome
		says    string
	}{{Failed, "failed"}, {NotHere, "not here"}, {NotChecked, "not checked"}} {
		if n := r.count(kind.outcome); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, kind.says))
		}
	}
	return fmt.Sprintf("%s: %s", count(len(r.Checks), "check"), strings.Join(parts, ", "))
}
