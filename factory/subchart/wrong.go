package subchart

import (
	"fmt"
	"slices"
	"strings"
)

// wrongTemplate is a file in a project's templates/ folder that replaces nothing.
type wrongTemplate struct {
	name  string
	known []string
}

func (e wrongTemplate) Error() string {
	return fmt.Sprintf("templates/%s replaces none of factory's templates: rename it to one of them or move it away (%s)",
		e.name, strings.Join(e.known, ", "))
}

// Usage says that only a change of the project helps.
func (e wrongTemplate) Usage() bool { return true }

// unreadable is a template that text/template cannot read: its error names the file and the line.
type unreadable struct{ error }

// Usage says that only a change of the project helps.
func (e unreadable) Usage() bool { return true }

func (e unreadable) Unwrap() error { return e.error }

func (t *Templates) names() []string {
	names := make([]string, 0, len(t.files))
	for name := range t.files {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
