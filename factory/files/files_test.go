package files

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/helm-chart-factory/factory/factory/stamp"
)

// generated returns a stamped file.
func generated(path, body string) File {
	data := append(stamp.Open(nil, path, "a test"), body...)
	stamp.Seal(data)
	return File{Path: path, Data: data}
}

// version returns the units of a small umbrella: charts with three files each, and the umbrella's own two.
func version(text string, charts ...string) []Unit {
	var units []Unit
	for _, name := range charts {
		units = append(units, Unit{Path: "charts/" + name, Files: []File{
			generated("Chart.yaml", "name: "+name+"\n"),
			generated("values.yaml", "text: "+text+"\n"),
			generated("templates/tests/test.yaml", "text: "+text+"\n"),
		}})
	}
	return append(units, Unit{Path: ".", Files: []File{
		generated("Chart.yaml", "charts: "+strings.Join(charts, " ")+"\n"),
		generated("templates/NOTES.txt", text+"\n"),
	}})
}

func give(units []Unit) Source {
	return func(yield func(Unit, error) bool) {
		for _, unit := range units {
			if !yield(unit, nil) {
				return
			}
		}
	}
}

func write(t *testing.T, dir string, units []Unit, force bool) (*Plan, error) {
	t.Helper()
	s := begin(t, dir)
	defer s.End()
	return s.Write(context.Background(), give(units), s.Scope(Everything()), force)
}

func begin(t *testing.T, dir string) *Session {
	t.Helper()
	s, err := Begin(context.Background(), dir, func() {})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func mustWrite(t *testing.T, dir string, units []Unit) *Plan {
	t.Helper()
	plan, err := write(t, dir, units, false)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// onDisk reads everything below dir; folders without files are listed with a slash.
func onDisk(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(dir, path)
		if entry.IsDir() {
			if entries, _ := os.ReadDir(path); len(entries) == 0 && path != dir {
				found[name+"/"] = ""
			}
			return nil
		}
		data, err := os.ReadFile(path)
		found[name] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func flat(units []Unit) map[string]string {
	all := map[string]string{}
	for _, unit := range units {
		for _, f := range unit.Files {
			all[filepath.Join(unit.Path, f.Path)] = string(f.Data)
		}
	}
	return all
}

func same(t *testing.T, dir string, units []Unit) {
	t.Helper()
	if got, want := onDisk(t, dir), flat(units); !maps.Equal(got, want) {
		t.Errorf("on disk: %v\nwanted: %v", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
	}
}

func put(t *testing.T, dir, path, text string) {
	t.Helper()
	full := filepath.Join(dir, path)
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func states(plan *Plan) map[string]State {
	all := map[string]State{}
	for _, change := range plan.Changes {
		all[change.Path] = change.State
	}
	return all
}

func TestWriteThenNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	one := version("one", "a", "b")
	if plan := mustWrite(t, dir, one); len(plan.Changes) != 8 || plan.Unchanged != 0 {
		t.Errorf("first: %v", states(plan))
	}
	same(t, dir, one)
	if plan := mustWrite(t, dir, one); !plan.Clean() || plan.Unchanged != 8 {
		t.Errorf("again: %v", states(plan))
	}
	two := version("two", "b", "c")
	want := map[string]State{
		"charts/a/Chart.yaml": Gone, "charts/a/values.yaml": Gone, "charts/a/templates/tests/test.yaml": Gone,
		"charts/b/values.yaml": Stale, "charts/b/templates/tests/test.yaml": Stale,
		"charts/c/Chart.yaml": Missing, "charts/c/values.yaml": Missing, "charts/c/templates/tests/test.yaml": Missing,
		"Chart.yaml": Stale, "templates/NOTES.txt": Stale,
	}
	if plan := mustWrite(t, dir, two); !maps.Equal(states(plan), want) {
		t.Errorf("second: %v", states(plan))
	}
	same(t, dir, two)
}

func TestCompareWritesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	mustWrite(t, dir, version("one", "a"))
	before := onDisk(t, dir)
	plan, err := Compare(dir, give(version("two", "b")), Everything())
	if err != nil || plan.Clean() {
		t.Fatal(plan, err)
	}
	if !maps.Equal(before, onDisk(t, dir)) {
		t.Error("Compare changed something")
	}
}

func TestHandEdits(t *testing.T) {
	one, two := version("one", "a", "b"), version("two", "a")
	edits := map[string]struct {
		edit    func(t *testing.T, dir string)
		to      []Unit
		refuses []string
	}{
		"changed and unwanted": {func(t *testing.T, dir string) {
			put(t, dir, "charts/a/values.yaml", string(one[0].Files[1].Data)+"mine: 1\n")
		}, one, []string{"charts/a/values.yaml"}},
		"replaced": {func(t *testing.T, dir string) { put(t, dir, "Chart.yaml", "mine: 1\n") }, one, []string{"Chart.yaml"}},
		"in a chart that goes": {func(t *testing.T, dir string) {
			put(t, dir, "charts/b/values.yaml", string(one[1].Files[1].Data)+"#\n")
		}, two, []string{"charts/b/values.yaml"}},
		"beside a chart that goes": {func(t *testing.T, dir string) { put(t, dir, "charts/b/notes.md", "mine") }, two, []string{"charts/b/notes.md"}},
		"several": {func(t *testing.T, dir string) {
			put(t, dir, "Chart.yaml", "mine")
			put(t, dir, "charts/a/Chart.yaml", "mine")
		}, two, []string{"Chart.yaml", "charts/a/Chart.yaml"}},
	}
	for name, test := range edits {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "out")
			mustWrite(t, dir, one)
			test.edit(t, dir)
			before := onDisk(t, dir)
			_, err := write(t, dir, test.to, false)
			var conflict *ConflictError
			if !errors.As(err, &conflict) || !slices.Equal(conflict.Paths, test.refuses) {
				t.Fatalf("refused %v", err)
			}
			if !conflict.Drift() {
				t.Error("a refusal is drift")
			}
			if !maps.Equal(before, onDisk(t, dir)) {
				t.Error("something was written in spite of the refusal")
			}
			if _, err := write(t, dir, test.to, true); err != nil {
				t.Fatal(err)
			}
			same(t, dir, test.to)
		})
	}
}

func TestFilesOfPeopleStay(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	mustWrite(t, dir, version("one", "a"))
	put(t, dir, "charts/a/notes.md", "mine")
	put(t, dir, "charts/vendored/Chart.yaml", "name: vendored\n")
	two := version("two", "a")
	plan := mustWrite(t, dir, two)
	if got := states(plan); got["charts/a/notes.md"] != Extra || got["charts/vendored/Chart.yaml"] != Extra {
		t.Errorf("not named: %v", got)
	}
	want := flat(two)
	want["charts/a/notes.md"], want["charts/vendored/Chart.yaml"] = "mine", "name: vendored\n"
	if got := onDisk(t, dir); !maps.Equal(got, want) {
		t.Errorf("on disk: %v", slices.Sorted(maps.Keys(got)))
	}
	if _, err := write(t, dir, two, true); err != nil {
		t.Fatal(err)
	}
	same(t, dir, two)
}

// TestEmptyFile: a machine that lost power can leave files without content, which are nobody's work.
func TestEmptyFile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	one := version("one", "a")
	mustWrite(t, dir, one)
	put(t, dir, "charts/a/values.yaml", "")
	mustWrite(t, dir, one)
	same(t, dir, one)
}

func TestScopeOfOneChart(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	mustWrite(t, dir, version("one", "a", "b"))
	two := version("two", "a", "b")
	s := begin(t, dir)
	defer s.End()
	if _, err := s.Write(context.Background(), give(two[:1]), s.Scope(Scope{"charts/a"}), false); err != nil {
		t.Fatal(err)
	}
	want := flat(version("one", "a", "b"))
	maps.Copy(want, flat(two[:1]))
	if got := onDisk(t, dir); !maps.Equal(got, want) {
		t.Errorf("on disk: %v", got)
	}
}

// TestLinks: nothing is written, or taken for generated, through a link, and not with force either.
func TestLinks(t *testing.T) {
	for name, link := range map[string]string{"the folder": ".", "the charts": "charts", "a chart": "charts/a", "a file": "charts/a/values.yaml"} {
		t.Run(name, func(t *testing.T) {
			top := t.TempDir()
			dir, outside := filepath.Join(top, "out"), filepath.Join(top, "outside")
			one := version("one", "a")
			mustWrite(t, dir, one)
			if err := os.Rename(filepath.Join(dir, link), outside); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(outside, filepath.Join(dir, link)); err != nil {
				t.Fatal(err)
			}
			_, err := write(t, dir, version("two", "a"), true)
			if err == nil || !strings.Contains(err.Error(), "is a link") {
				t.Fatalf("got %v", err)
			}
			if err := os.Remove(filepath.Join(dir, link)); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(outside, filepath.Join(dir, link)); err != nil {
				t.Fatal(err)
			}
			same(t, dir, one)
		})
	}
}

func TestFoldersInTheWay(t *testing.T) {
	top := t.TempDir()
	dir := filepath.Join(top, "out")
	put(t, dir, "charts/a/values.yaml/x", "mine")
	if _, err := write(t, dir, version("one", "a"), true); err == nil || !strings.Contains(err.Error(), "is a folder where a file belongs") {
		t.Errorf("got %v", err)
	}
	dir = filepath.Join(top, "other")
	put(t, dir, "charts/a/templates", "mine")
	if _, err := write(t, dir, version("one", "a"), true); err == nil || !strings.Contains(err.Error(), "is a file where a folder belongs") {
		t.Errorf("got %v", err)
	}
}
