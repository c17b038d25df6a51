package upgrade_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/helm-chart-factory/factory/factory/lint/rendered"
	"github.com/helm-chart-factory/factory/factory/lint/rule"
	"github.com/helm-chart-factory/factory/factory/lint/upgrade"
	"github.com/helm-chart-factory/factory/factory/spec"
)

var update = flag.Bool("update", false, "rewrite the expected output")

// TestChecks holds each rule against a change that breaks it and against one that does not. An archive is named after the rule;
// was, bad and good are manifests of a service web, want is what is found in the change from was to bad. A Dockerfile is that of
// the service now, Dockerfile.was that before.
func TestChecks(t *testing.T) {
	var known []string
	for _, check := range upgrade.All() {
		known = append(known, check.ID)
		t.Run(check.ID, func(t *testing.T) {
			path := filepath.Join("testdata", check.ID+".txtar")
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			files := map[string]string{}
			for _, f := range archive.Files {
				files[f.Name] = string(f.Data)
			}
			if found := run(t, check, files, "good"); found != "" {
				t.Errorf("in what is good:\n%s", found)
			}
			got := run(t, check, files, "bad")
			if *update {
				kept := slices.DeleteFunc(archive.Files, func(f txtar.File) bool { return f.Name == "want" })
				archive.Files = append(kept, txtar.File{Name: "want", Data: []byte(got)})
				if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != files["want"] || got == "" {
				t.Errorf("got\n%s\nwant\n%s", got, files["want"])
			}
		})
	}
	archives, _ := filepath.Glob("testdata/*.txtar")
	for _, path := range archives {
		if id := strings.TrimSuffix(filepath.Base(path), ".txtar"); !slices.Contains(known, id) {
			t.Errorf("%s belongs to no rule", path)
		}
	}
}

// run returns what a check finds in a change: the object, the key of the spec, and the text, a line each.
func run(t *testing.T, check upgrade.Check, files map[string]string, to string) string {
	t.Helper()
	if files["was"] == "" || files[to] == "" {
		t.Fatalf("there are no manifests was or %s", to)
	}
	dir := t.TempDir()
	for path, text := range map[string]string{
		"factory.yaml": "version: 1\n", "services/web/service.yaml": "port: 8080\n", "services/web/Dockerfile": files["Dockerfile"],
	} {
		full := filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	p, err := spec.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	change := &upgrade.Change{
		Was: rendered.New("shop", "shop", "web", files["was"]), Is: rendered.New("shop", "shop", "web", files[to]), Project: p,
		File: func(path string) ([]byte, bool) {
			return []byte(files["Dockerfile.was"]), path == "services/web/Dockerfile" && files["Dockerfile.was"] != ""
		},
	}
	var lines []string
	for _, o := range slices.Concat(change.Was.Objects, change.Is.Objects) {
		if o.Wrong != nil {
			lines = append(lines, fmt.Sprintf("%s does not fit its type: %v\n", o, o.Wrong))
		}
	}
	check.Run(change, func(o *rendered.Object, key rule.Key, format string, args ...any) {
		lines = append(lines, fmt.Sprintf("%s (%s): %s\n", o, strings.Join(key, "."), fmt.Sprintf(format, args...)))
	})
	slices.Sort(lines)
	return strings.Join(lines, "")
}
