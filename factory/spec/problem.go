package spec

import (
	"fmt"
	"slices"
	"sort"
	"strings"
)

// Position is a place in a spec, for a person and for an editor: lines and columns count from one.
// A problem of a whole file or folder has line zero.
type Position struct {
	File   string // relative to the project, with slashes
	Line   int
	Column int
}

func (p Position) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Problem is one thing that is wrong with the specs: where, the cause, and what to do next.
type Problem struct {
	Position
	Text string
}

func (p Problem) String() string { return p.Position.String() + ": " + p.Text }

// Problems is the error that reports everything found wrong in one run, in the order of files and lines.
type Problems []Problem

func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.String()
	}
	if len(p) == 1 {
		return lines[0]
	}
	return fmt.Sprintf("%d problems\n%s", len(p), strings.Join(lines, "\n"))
}

// Usage says that only a changed spec helps.
func (p Problems) Usage() bool { return true }

func (p *Problems) add(at Position, format string, args ...any) {
	*p = append(*p, Problem{Position: at, Text: fmt.Sprintf(format, args...)})
}

// orNil returns the problems sorted by place, each once though several services may share its cause, or nil when there are none.
func (p Problems) orNil() error {
	if len(p) == 0 {
		return nil
	}
	sort.SliceStable(p, func(i, j int) bool {
		a, b := p[i].Position, p[j].Position
		if a.File != b.File {
			return a.File < b.File
		}
		if a.Line != b.Line {
			return a.Line < b.Line
		}
		return a.Column < b.Column
	})
	return slices.Compact(p)
}
