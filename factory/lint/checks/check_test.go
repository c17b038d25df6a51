package checks_test

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
	"k8s.io/pod-security-admission/api"

	"github.com/helm-chart-factory/factory/factory/lint/checks"
	"github.com/helm-chart-factory/factory/factory/lint/rendered"
	"github.com/helm-chart-factory/factory/factory/lint/rule"
	"github.com/helm-chart-factory/factory/factory/spec"
)

var update = flag.Bool("update", false, "rewrite the expected output")

// TestChecks holds each rule against manifests that break it and against others that do not. An archive is named after the
// rule; bad and good are manifests of a service web, want is what is found in bad; service.yaml, if there, is its spec, and
// level what it claims of Pod Security.
func TestChecks(t *testing.T) {
	for _, check := range checks.All() {
		t.Run(check.ID, func(t *testing.T) {
			path := filepath.Join("testdata", check.ID+".txtar")
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			files := map[string]string{"service.yaml": "image: nginx:1.29\nport: 8080\n"}
			for _, f := range archive.Files {
				files[f.Name] = string(f.Data)
			}
			p, level := project(t, files["service.yaml"]), api.Level(cmp.Or(strings.TrimSpace(files["level"]), "restricted"))
			if files["bad"] == "" || files["good"] == "" {
				t.Fatalf("%s holds no bad or no good manifests", path)
			}
			if found := run(check, p, level, files["good"]); found != "" {
				t.Errorf("in what is good:\n%s", found)
			}
			got := run(check, p, level, files["bad"])
			if *update {
				rewrite(t, path, archive, got)
				return
			}
			if got != files["want"] || got == "" {
				t.Errorf("got\n%s\nwant\n%s", got, files["want"])
			}
		})
	}
}

// TestNoStrayArchives keeps archives from outliving their rules.
func TestNoStrayArchives(t *testing.T) {
	var known []string
	for _, check := range checks.All() {
		if slices.Contains(known, check.ID) {
			t.Errorf("two rules are called %s", check.ID)
		}
		known = append(known, check.ID)
	}
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range archives {
		if id := strings.TrimSuffix(filepath.Base(path), ".txtar"); !slices.Contains(known, id) {
			t.Errorf("%s belongs to no rule", path)
		}
	}
}

// run returns what a check finds in manifests: the object, the key of the spec, and the text, a line each.
func run(check checks.Check, p *spec.Project, level api.Level, manifests string) string {
	namespace := "shop"
	if strings.HasPrefix(manifests, "# in default") {
		namespace = "default"
	}
	release := rendered.New("shop", namespace, "web", manifests)
	var b strings.Builder
	for _, o := range release.Objects {
		if o.Wrong != nil {
			fmt.Fprintf(&b, "%s does not fit its type: %v\n", o, o.Wrong)
		}
	}
	var lines []string
	judged := &checks.Judged{Release: release, Project: p, Levels: map[string]api.Level{"web": level}}
	check.Run(judged, func(o *rendered.Object, key rule.Key, format string, args ...any) {
		lines = append(lines, fmt.Sprintf("%s (%s): %s\n", o, strings.Join(key, "."), fmt.Sprintf(format, args...)))
	})
	slices.Sort(lines)
	return b.String() + strings.Join(lines, "")
}

func project(t *testing.T, text string) *spec.Project {
	t.Helper()
	dir := t.TempDir()
	for path, text := range map[string]string{"factory.yaml": "version: 1\n", "services/web/service.yaml": text} {
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
	return p
}

func rewrite(t *testing.T, path string, archive *txtar.Archive, got string) {
	t.Helper()
	files := slices.DeleteFunc(archive.Files, func(f txtar.File) bool { return f.Name == "want" })
	archive.Files = append(files, txtar.File{Name: "want", Data: []byte(got)})
	if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
		t.Fatal(err)
	}
}
