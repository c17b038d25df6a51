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

func (t *Templates) names() []string {
	names := make([]string, 0, len(t.files))
	for name := range t.files {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
