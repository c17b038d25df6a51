package spec

import (
	"fmt"
	"strings"
)

// A default of factory.yaml, or what an environment says for all, can be wrong for some services only. The message then names
// them, since its place does not.

// shared collects the services that have a problem which stands in factory.yaml.
type shared map[Problem][]string

// blame notes that the problems from the given one on are those of a service.
func (l *loader) blame(s *Service, since int) {
	for _, problem := range l.problems[since:] {
		if problem.File != ProjectFile {
			continue
		}
		if names := l.shared[problem]; len(names) == 0 || names[len(names)-1] != s.Name {
			l.shared[problem] = append(names, s.Name)
		}
	}
}

// nameServices ends the messages about what is wrong for some services only with their names.
func (l *loader) nameServices() {
	const most = 3
	for i, problem := range l.problems {
		names := l.shared[problem]
		switch {
		case len(names) == 0 || len(names) == len(l.written):
		case len(names) > most:
			l.problems[i].Text += fmt.Sprintf(" (for %s and %d more)", strings.Join(names[:most], ", "), len(names)-most)
		default:
			l.problems[i].Text += fmt.Sprintf(" (for %s)", strings.Join(names, ", "))
		}
	}
	clear(l.shared)
}
