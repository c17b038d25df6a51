package files

import (
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

// Plan is the difference between a folder and a tree.
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

// Compare tells how dir differs from the tree, within the scope. It writes nothing and locks nothing.
func Compare(dir string, tree Tree, scope Scope) (*Plan, error) {
	c := &comparison{dir: dir, wanted: make(map[string]*wanted, len(tree)), plan: &Plan{}}
	folders := map[string]bool{}
	for i := range tree {
		c.wanted[tree[i].Path] = &wanted{data: tree[i].Data}
		for parent := folderOf(tree[i].Path); parent != "." && !folders[parent]; parent = folderOf(parent) {
			folders[parent] = true
		}
	}
	c.folders = folders
	roots := scope
	if scope.Everything() {
		roots = Everything()
	}
	for _, root := range roots {
		if err := c.root(root); err != nil {
			return nil, err
		}
	}
	for i := range tree {
		if !c.wanted[tree[i].Path].seen {
			c.plan.Changes = append(c.plan.Changes, Change{Path: tree[i].Path, State: Missing, After: tree[i].Data})
		}
	}
	slices.SortFunc(c.plan.Changes, func(a, b Change) int { return strings.Compare(a.Path, b.Path) })
	c.judgeExtras()
	c.plan.Interrupted = exists(filepath.Join(dir, runFolder))
	return c.plan, nil
}

type wanted struct {
	data []byte
	seen bool
}

type comparison struct {
	dir     string
	wanted  map[string]*wanted
	folders map[string]bool
	plan    *Plan
	buffer  []byte
}

// root walks one folder of the scope, after looking whether a link leads to it.
func (c *comparison) root(root string) error {
	for path := root; ; path = folderOf(path) {
		info, err := os.Lstat(filepath.Join(c.dir, filepath.FromSlash(path)))
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return fmt.Errorf("looking at the generated files: %w", err)
		case !info.IsDir():
			return notOurs(filepath.Join(c.dir, filepath.FromSlash(path)), info.Mode().Type())
		}
		if path == "." {
			break
		}
	}
	return c.walk(root)
}

func (c *comparison) walk(folder string) error {
	full := filepath.Join(c.dir, filepath.FromSlash(folder))
	entries, err := os.ReadDir(full)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading the generated files: %w", err)
	}
	if len(entries) == 0 && folder != "." && !c.folders[folder] {
		// A run that was cut off can leave a folder without files, which Helm takes for a broken chart.
		c.plan.Changes = append(c.plan.Changes, Change{Path: folder, State: Gone})
	}
	prefix := folder + "/"
	if folder == "." {
		prefix = ""
	}
	for _, entry := range entries {
		path := prefix + entry.Name()
		switch kind := entry.Type(); {
		case folder == "." && entry.Name() == runFolder:
		case kind.IsDir() && c.wanted[path] == nil:
			err = c.walk(path)
		case kind.IsRegular() && !c.folders[path]:
			err = c.file(path, filepath.Join(full, entry.Name()))
		case c.wanted[path] == nil && !c.folders[path]:
			c.plan.Changes = append(c.plan.Changes, Change{Path: path, State: Extra})
		default:
			err = notOurs(filepath.Join(full, entry.Name()), kind)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *comparison) file(path, full string) error {
	want := c.wanted[path]
	var expected []byte
	if want != nil {
		want.seen, expected = true, want.data
	}
	data, err := c.read(full, len(expected))
	if err != nil {
		return fmt.Errorf("reading the generated files: %w", err)
	}
	if want != nil && string(data) == string(expected) {
		c.plan.Unchanged++
		return nil
	}
	change := Change{Path: path, Before: slices.Clone(data), After: expected}
	// A machine that lost power can leave a file without content: nothing of a person's is in it.
	generated := stamp.Check(data)
	if want != nil && len(data) == 0 {
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

// judgeExtras finds the files of people in charts that go away: without them the chart cannot go, and a rest of a chart makes
// Helm refuse the whole umbrella.
func (c *comparison) judgeExtras() {
	leaving := map[string]bool{}
	for _, change := range c.plan.Changes {
		if change.State == Gone && !c.folders[unit(change.Path)] && unit(change.Path) != "." {
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
		return "."
	}
	return parts[0] + "/" + parts[1]
}

func folderOf(path string) string {
	if slash := strings.LastIndexByte(path, '/'); slash >= 0 {
		return path[:slash]
	}
	return "."
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
