package umbrella

import (
	"bytes"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/helm-chart-factory/factory/factory/files"
)

// isGenerated tells whether a file has a stamp, whatever was done to it since.
func isGenerated(head []byte) bool { return bytes.Contains(head, []byte("factory:sha256:")) }

// Upgrade is the step from the generator that wrote a tree to this one.
type Upgrade struct {
	From, To int
	// Changes are those of the versions in between, the oldest first.
	Changes []GeneratorChange
}

// newUpgrade returns the step from an older version, or nil from this one.
func newUpgrade(from int) *Upgrade {
	if from == Generator {
		return nil
	}
	u := &Upgrade{From: from, To: Generator}
	for _, change := range generatorChanges() {
		if change.Version > from {
			u.Changes = append(u.Changes, change)
		}
	}
	return u
}

// upgrades tells whether more than the record of the version would change.
func upgrades(plan *files.Plan) bool {
	return slices.ContainsFunc(plan.Changes, func(c files.Change) bool { return c.Path != "Chart.yaml" })
}

// UpgradeError says that a tree was written by an older generator and would change: per service what, and why. Nothing was
// written.
type UpgradeError struct {
	*Upgrade
	Plan *files.Plan
	// Check is true when nothing was to be written anyway.
	Check bool
}

func (e *UpgradeError) Error() string {
	return fmt.Sprintf("%s was written by version %d of the generator, and this factory has version %d, which would change:\n%snext: factory sync --upgrade   (git diff shows each line then)",
		Dir, e.From, e.To, e.Preview(e.Plan))
}

// Usage says that the command has to be another one.
func (e *UpgradeError) Usage() bool { return !e.Check }

// Drift says that what is on disk is not what would be generated.
func (e *UpgradeError) Drift() bool { return e.Check }

// Preview tells what would change and why, per service; services in which the same changes are told together.
func (u *Upgrade) Preview(plan *files.Plan) string {
	var order []string // of what is told, by the first service that it is told about
	services := map[string][]string{}
	for _, group := range byChart(plan) {
		told := u.reasons(group)
		if services[told] == nil {
			order = append(order, told)
		}
		services[told] = append(services[told], group.name)
	}
	var b strings.Builder
	for _, told := range order {
		fmt.Fprintf(&b, "%s\n%s", listed(services[told]), told)
	}
	return b.String()
}

// listed names some of many.
func listed(names []string) string {
	const most = 10
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}

// chartChanges are the files of one chart that differ.
type chartChanges struct {
	name  string
	files []changedFile
}

// changedFile is a file by its path in its chart, with how much of it differs.
type changedFile struct{ path, told string }

func newChangedFile(path string, change files.Change) changedFile {
	f := changedFile{path: path}
	switch {
	case change.Before == nil:
		f.told = path + " (new)"
	case change.After == nil:
		f.told = path + " (goes)"
	default:
		d := files.Diff(change.Before, change.After)
		f.told = fmt.Sprintf("%s (line %d: -%d +%d)", path, d.Line, d.Removed, d.Added)
	}
	return f
}

func byChart(plan *files.Plan) []chartChanges {
	var groups []chartChanges
	for _, change := range plan.Changes {
		name, file := "umbrella", change.Path
		if rest, ok := strings.CutPrefix(change.Path, "charts/"); ok {
			name, file, _ = strings.Cut(rest, "/")
		}
		i := slices.IndexFunc(groups, func(g chartChanges) bool { return g.name == name })
		if i < 0 {
			i = len(groups)
			groups = append(groups, chartChanges{name: name})
		}
		groups[i].files = append(groups[i].files, newChangedFile(file, change))
	}
	return groups
}

// reasons tells for each reason which files it changes. A file that no version explains differs because its spec, factory.yaml or
// templates/ changed since.
func (u *Upgrade) reasons(group chartChanges) string {
	var b strings.Builder
	var unexplained []string
	explained := map[string]bool{}
	for _, change := range u.Changes {
		var hit []string
		for _, file := range group.files {
			if change.matches(file.path) {
				hit = append(hit, file.told)
				explained[file.path] = true
			}
		}
		if hit != nil {
			fmt.Fprintf(&b, "  version %d: %s\n    %s\n", change.Version, change.Text, listed(hit))
		}
	}
	for _, file := range group.files {
		if !explained[file.path] {
			unexplained = append(unexplained, file.told)
		}
	}
	if unexplained != nil {
		fmt.Fprintf(&b, "  its spec, factory.yaml or templates/ changed since\n    %s\n", listed(unexplained))
	}
	return b.String()
}

func (c GeneratorChange) matches(file string) bool {
	return len(c.Files) == 0 || slices.ContainsFunc(c.Files, func(pattern string) bool {
		hit, _ := path.Match(pattern, file)
		return hit
	})
}

// newerGenerator is a tree that this program must not touch.
type newerGenerator struct{ recorded int }

func (e newerGenerator) Error() string {
	return fmt.Sprintf("%s was written by version %d of the generator, and this factory has version %d, which would undo what is newer\nnext: use the factory that wrote it, or a newer one", Dir, e.recorded, Generator)
}

// Usage says that only another program helps.
func (e newerGenerator) Usage() bool { return true }
