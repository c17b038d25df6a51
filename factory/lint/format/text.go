// Package format writes what factory lint found: for people, and for the programs that read SARIF and JUnit.
package format

import (
	"fmt"
	"io"
	"strings"

	"github.com/helm-chart-factory/factory/factory/console"
	"github.com/helm-chart-factory/factory/factory/lint"
	"github.com/helm-chart-factory/factory/factory/lint/rule"
)

// Text writes the findings for people: by service, each with its place, its cause and what to do, and a count at the end.
func Text(s *console.Streams, r *lint.Report) {
	service, first := "", true
	for _, f := range r.Findings {
		if first || f.Service != service {
			if !first {
				fmt.Fprintln(s.Out)
			}
			fmt.Fprintln(s.Out, s.Paint(console.Bold, heading(f.Service)))
			service, first = f.Service, false
		}
		object := ""
		if f.Object != "" {
			object = f.Object + ": "
		}
		fmt.Fprintf(s.Out, "  %s  %s  %s\n", place(f), s.Paint(color(f.Severity), f.Severity.String()), f.Rule)
		fmt.Fprintf(s.Out, "    %s%s\n", object, strings.ReplaceAll(f.Text, "\n", "\n    "))
		if f.Environment != "" {
			fmt.Fprintf(s.Out, "    in the environment %s\n", f.Environment)
		}
		if f.Fix != "" {
			fmt.Fprintf(s.Out, "    %s\n", s.Paint(console.Dim, "fix: "+f.Fix))
		}
	}
	if !first {
		fmt.Fprintln(s.Out)
	}
	fmt.Fprintln(s.Out, Summary(r))
}

// Summary is the one line that tells how a run ended.
func Summary(r *lint.Report) string {
	var counts []string
	for _, severity := range []rule.Severity{rule.Error, rule.Warning, rule.Note} {
		if n := r.Count(severity); n > 0 {
			counts = append(counts, plural(n, severity.String()))
		}
	}
	if len(counts) == 0 {
		counts = []string{"nothing to object to"}
	}
	text := fmt.Sprintf("%s with %s: %s", plural(r.Charts, "chart"), plural(r.Objects, "object"), strings.Join(counts, ", "))
	if n := len(r.Waived); n > 0 {
		text += fmt.Sprintf("; %d waived", n)
	}
	if r.Against != "" {
		text += "; upgrade judged from " + r.Against
	}
	return text
}

// Rules writes the rules for people.
func Rules(w io.Writer, rules []rule.Rule) {
	for _, r := range rules {
		fmt.Fprintf(w, "%s (%s)\n  %s.\n  why: %s\n  fix: %s\n", r.ID, r.Severity, sentence(r.What), r.Reason, r.Fix)
		if r.Elsewhere != "" {
			fmt.Fprintf(w, "  elsewhere: %s\n", r.Elsewhere)
		}
		fmt.Fprintln(w)
	}
}

func heading(service string) string {
	if service == "" {
		return "the project"
	}
	return service
}

// place is where an editor jumps to.
func place(f lint.Finding) string {
	switch {
	case f.File == "":
		return "-"
	case f.Line == 0:
		return f.File
	}
	return fmt.Sprintf("%s:%d:%d", f.File, f.Line, f.Column)
}

func color(s rule.Severity) console.Color {
	switch s {
	case rule.Error:
		return console.Red
	case rule.Warning:
		return console.Yellow
	}
	return console.Dim
}

func plural(n int, word string) string {
	if n != 1 {
		word += "s"
	}
	return fmt.Sprintf("%d %s", n, word)
}

func sentence(text string) string { return strings.ToUpper(text[:1]) + text[1:] }
