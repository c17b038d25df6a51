package importer_test

import (
	"bytes"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pmezard/go-difflib/difflib"
	"golang.org/x/tools/txtar"

	"github.com/helm-chart-factory/factory/factory/importer"
	"github.com/helm-chart-factory/factory/factory/spec"
)

var update = flag.Bool("update", false, "rewrite the expected output")

// unpack writes files, given as an archive, into a folder of its own.
func unpack(t testing.TB, files []txtar.File) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		path := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// tree returns every file below dir, by its path.
func tree(t testing.TB, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		files[filepath.ToSlash(name)] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// report writes findings as a golden file holds them.
func report(result *importer.Result, dir string) []byte {
	var b bytes.Buffer
	for _, f := range result.Findings {
		fmt.Fprintf(&b, "%s %s %s\n\t%s\n", f.Level, f.At, f.Field, f.Text)
		if f.Next != "" {
			fmt.Fprintf(&b, "\tnext: %s\n", f.Next)
		}
	}
	return bytes.ReplaceAll(bytes.ReplaceAll(b.Bytes(), []byte(dir+"/"), nil), []byte(dir), []byte("DIR"))
}

// TestGolden imports every archive of testdata and compares the specs and the report, word for word. The archive's comment holds the
// profiles that are on. What is written has to load, and a second import has nothing to write.
func TestGolden(t *testing.T) {
	archives, err := filepath.Glob("testdata/*/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatal("no archives", err)
	}
	for _, path := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var given, want []txtar.File
			for _, f := range archive.Files {
				if strings.HasPrefix(f.Name, "want/") {
					want = append(want, f)
				} else {
					given = append(given, f)
				}
			}
			dir := unpack(t, given)
			request := importer.Request{Paths: []string{dir}, Into: dir}
			if strings.Contains(path, "manifests/") {
				request.Paths = []string{filepath.Join(dir, "k8s")}
			}
			if profiles, ok := strings.CutPrefix(string(archive.Comment), "profiles: "); ok {
				request.Profiles = strings.Fields(profiles)
			}
			got := goldenRun(t, request, dir)
			if *update {
				archive.Files = append(given, got...)
				if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			compare(t, got, want)
		})
	}
}

func goldenRun(t *testing.T, request importer.Request, dir string) []txtar.File {
	t.Helper()
	result, err := importer.Run(request)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := spec.Load(dir); err != nil {
		t.Errorf("what was written does not load: %v", err)
	}
	again, err := importer.Run(request)
	if err != nil || len(again.Files) > 0 {
		t.Errorf("a second import writes again: %v %v", again, err)
	}
	var got []txtar.File
	for _, f := range result.Files {
		got = append(got, txtar.File{Name: "want/" + f.Path, Data: f.Data})
	}
	return append(got, txtar.File{Name: "want/report", Data: report(result, dir)})
}

func compare(t *testing.T, got, want []txtar.File) {
	t.Helper()
	expected := map[string]string{}
	for _, f := range want {
		expected[f.Name] = string(f.Data)
	}
	for _, f := range got {
		data := f.Data
		if len(data) > 0 && data[len(data)-1] != '\n' {
			data = append(data, '\n') // as an archive holds it
		}
		if expected[f.Name] != string(data) {
			diff, _ := difflib.GetUnifiedDiffString(difflib.UnifiedDiff{A: difflib.SplitLines(expected[f.Name]), B: difflib.SplitLines(string(data)), FromFile: "want", ToFile: "got", Context: 1})
			t.Errorf("%s:\n%s", f.Name, diff)
		}
		delete(expected, f.Name)
	}
	for name := range expected {
		t.Errorf("%s was not made", name)
	}
}
