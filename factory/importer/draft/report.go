package draft

import (
	"fmt"
	"slices"
	"strings"

	"github.com/helm-chart-factory/factory/factory/importer/source"
	"github.com/helm-chart-factory/factory/factory/spec"
)

// Level says what became of something in the source.
type Level string

// The levels of a finding, the worst first.
const (
	// Lost is what was not carried over.
	Lost Level = "lost"
	// Changed is what was carried over in another way, or means something else now.
	Changed Level = "changed"
	// Check is what was added or assumed, for a person to look at.
	Check Level = "check"
)

// Finding is one thing that did not go over as it is: where it stands in the source, why, and what to do instead.
type Finding struct {
	Level Level
	// At is the place in the source.
	At spec.Position
	// Service is the service that it belongs to, empty for the project.
	Service string
	// Field is the way to it in the source, as in services.web.ports[0]. It is empty for what the source does not say.
	Field string
	// Text is the reason.
	Text string
	// Next is what to do instead, empty when nothing is to be done.
	Next string
}

func (f Finding) String() string {
	return strings.Join([]string{f.At.String(), string(f.Level), f.Field, f.Text, f.Next}, ": ")
}

// Report collects the findings of one import.
type Report struct {
	Findings []Finding
}

// Add notes a finding about a value of the source. Its reason and what to do next are parted by "; next: ".
func (r *Report) Add(level Level, service string, n *source.Node, format string, args ...any) {
	text, next, _ := strings.Cut(fmt.Sprintf(format, args...), "; next: ")
	f := Finding{Level: level, Service: service, Text: text, Next: next}
	if n != nil {
		f.At, f.Field = n.At, n.Field()
	}
	r.Findings = append(r.Findings, f)
}

// Sort brings the findings into the order of the source and drops those that are there twice.
func (r *Report) Sort() {
	slices.SortStableFunc(r.Findings, func(a, b Finding) int {
		for _, order := range []int{
			strings.Compare(a.At.File, b.At.File), a.At.Line - b.At.Line, a.At.Column - b.At.Column,
			strings.Compare(a.Service, b.Service), strings.Compare(a.Field, b.Field),
		} {
			if order != 0 {
				return order
			}
		}
		return 0
	})
	r.Findings = slices.Compact(r.Findings)
}

// Count returns how many findings have the level.
func (r *Report) Count(level Level) int {
	count := 0
	for _, f := range r.Findings {
		if f.Level == level {
			count++
		}
	}
	return count
}

// Some joins names for a message; of many the first ones.
func Some(names []string) string {
	const most = 10
	if len(names) > most {
		return strings.Join(names[:most], ", ") + ", …"
	}
	return strings.Join(names, ", ")
}
