package files

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/helm-chart-factory/factory/factory/stamp"
)

// State is how a file differs from what is generated.
type State string

// The states of a file that is not as generated.
const (
	Missing State = "missing" // generated, not there
	Stale   State = "stale"   // as it was generated earlier
	Edited  State = "edited"  // changed by a person since it was generated, or put there by one
	Gone    State = "gone"    // as it was generated earlier, and no longer generated
	Extra   State = "extra"   // not generated
)

// Change is one file that is not as generated.
type Change struct {
	Path  string
	State State
	// Before is what is there, After what is generated; nil where there is no such file.
	Before, After []byte
	// blocks is true when the change would lose a person's work.
	blocks bool
}

// Plan is the difference between a folder and what is generated.
type Plan struct {
	// Changes are sorted by path.
	Changes []Change
	// Unchanged counts the files that are as generated.
	Unchanged int
	// Interrupted is true when an earlier run was cut off and the folder may hold a part of what it was to write.
	Interrupted bool
}

// Clean is true when the folder is as generated.
func (p *Plan) Clean() bool { return len(p.Changes) == 0 && !p.Interrupted }

// Compare tells how dir differs from the units of the source. It writes nothing and locks nothing. A unit of the scope that the
// source does not give is one that is no longer generated.
func Compare(dir string, source Source, scope Scope) (*Plan, error) {
	c := &comparison{dir: dir, plan: &Plan{}, units: map[string]bool{}}
	for unit, err := range source {
		if err == nil {
			err = c.unit(unit)
		}
		if err != nil {
			return nil, err
		}
	}
	for _, path := range scope {
		if !c.units[path] {
			if err := c.unit(Unit{Path: path}); err != nil {
				return nil, err
			}
		}
	}
	slices.SortFunc(c.plan.Changes, func(a, b Change) int { return strings.Compare(a.Path, b.Path) })
	c.judgeExtras()
	c.plan.Interrupted = exists(filepath.Join(dir, runFolder))
	return c.plan, nil
}

type comparison struct {
	dir string
	// units are those that are generated, and the folders above them.
	units  map[string]bool
	plan   *Plan
	buffer []byte
}

// unit compares one unit, after looking whether a link leads to it.
func (c *comparison) unit(unit Unit) error {
	want := newFolder()
	for i := range unit.Files {
		want.add(unit.Files[i].Path, unit.Files[i].Data)
	}
	for path := unit.Path; !c.units[path]; path = folderOf(path) {
		full := filepath.Join(c.dir, filepath.FromSlash(path))
		info, err := os.Lstat(full)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return fmt.Errorf("looking at the generated files: %w", err)
		case !info.IsDir():
			return notOurs(full, info.Mode().Type())
		}
		if len(unit.Files) > 0 {
			c.units[path] = true
		}
		if path == everything {
			break
		}
	}
	prefix := unit.Path + "/"
	if unit.Path == everything {
		prefix = ""
	}
	in, err := openFolder(nil, filepath.Join(c.dir, filepath.FromSlash(unit.Path)))
	switch {
	case err == nil:
		err = c.walk(in, prefix, want)
	case errors.Is(err, fs.ErrNotExist):
		err = nil
	}
	if err != nil {
		return err
	}
	c.missing(want, prefix)
	return nil
}

// walk compares an open folder, which it closes, with what is wanted there. Prefix is its path with a slash at the end.
func (c *comparison) walk(in *handle, prefix string, want *folder) error {
	defer in.Close()
	if want == nil {
		want = &folder{}
	}
	entries, err := in.ReadDir(-1)
	if err != nil {
		return fmt.Errorf("reading the generated files: %w", err)
	}
	if len(entries) == 0 && prefix != "" && len(want.files)+len(want.folders) == 0 {
		// A run that was cut off can leave a folder without files, which Helm takes for a broken chart.
		c.plan.Changes = append(c.plan.Changes, Change{Path: strings.TrimSuffix(prefix, "/"), State: Gone})
	}
	for _, entry := range entries {
		path := prefix + entry.Name()
		file, below := want.files[entry.Name()], want.folders[entry.Name()]
		switch {
		case path == runFolder:
		case entry.IsDir() && file == nil && c.units[path] && path != "charts":
		case entry.IsDir() && file == nil:
			var deeper *handle
			if deeper, err = openFolder(in, entry.Name()); err == nil {
				err = c.walk(deeper, path+"/", below)
			}
		case entry.Type().IsRegular() && below == nil && !c.units[path]:
			err = c.file(in, entry.Name(), prefix, file)
		case file == nil && below == nil && !c.units[path]:
			c.plan.Changes = append(c.plan.Changes, Change{Path: path, State: Extra})
		default:
			err = notOurs(filepath.Join(c.dir, path), entry.Type())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *comparison) file(in *handle, name, prefix string, want *wanted) error {
	var expected []byte
	if want != nil {
		want.seen, expected = true, want.data
	}
	data, err := in.read(name, len(expected), &c.buffer)
	if err != nil {
		return fmt.Errorf("reading the generated files: %w", err)
	}
	if want != nil && bytes.Equal(data, expected) {
		c.plan.Unchanged++
		return nil
	}
	change := Change{Path: prefix + name, Before: slices.Clone(data), After: slices.Clone(expected)}
	generated := stamp.Check(data)
	if want != nil && len(data) == 0 {
		// A machine that lost power can leave a file without content: nothing of a person's is in it.
		generated = stamp.Pristine
	}
	switch {
	case want != nil && generated == stamp.Pristine:
		change.State = Stale
	case want != nil:
		change.State, change.blocks = Edited, true
	case generated == stamp.Pristine:
		change.State = Gone
	default:
		change.State, change.blocks = Extra, generated == stamp.Edited
	}
	c.plan.Changes = append(c.plan.Changes, change)
	return nil
}

// missing adds what is wanted and was not seen.
func (c *comparison) missing(want *folder, prefix string) {
	for name, file := range want.files {
		if !file.seen {
			c.plan.Changes = append(c.plan.Changes, Change{Path: prefix + name, State: Missing, After: slices.Clone(file.data)})
		}
	}
	for name, below := range want.folders {
		c.missing(below, prefix+name+"/")
	}
}

// judgeExtras finds the files of people in charts that go away: without them the chart cannot go, and a rest of a chart makes
// Helm refuse the whole umbrella.
func (c *comparison) judgeExtras() {
	leaving := map[string]bool{}
	for _, change := range c.plan.Changes {
		if change.State == Gone && unit(change.Path) != everything && !c.units[unit(change.Path)] {
			leaving[unit(change.Path)] = true
		}
	}
	for i := range c.plan.Changes {
		change := &c.plan.Changes[i]
		if change.State == Extra && leaving[unit(change.Path)] {
			change.blocks = true
		}
	}
}

// unit is the folder of the chart that a path is in, or "." for the umbrella itself.
func unit(path string) string {
	parts := strings.SplitN(path, "/", 3)
	if len(parts) < 3 || parts[0] != "charts" {
		return everything
	}
	return parts[0] + "/" + parts[1]
}

func folderOf(path string) string {
	if slash := strings.LastIndexByte(path, '/'); slash >= 0 {
		return path[:slash]
	}
	return everything
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
