package ship_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/helm-chart-factory/factory/factory/ship"
	"github.com/helm-chart-factory/factory/factory/umbrella"
	"github.com/helm-chart-factory/factory/templates"
)

// shop is a project with an environment, a service that is off by itself, and an image from elsewhere.
func shop() map[string]string {
	return map[string]string{
		"factory.yaml":                   "version: 1\nname: shop\nregistry: localhost:5000\nenvironments: {prod: {namespace: shop-prod, domain: example.com}}\n",
		"services/web/service.yaml":      "port: 8080\nneeds: [database]\nenv: {LEVEL: debug, TRACE: on}\ninit: {warm: {command: [warm]}}\nenvironments: {prod: {replicas: 3, env: {LEVEL: warn, TRACE: null}}}\n",
		"services/database/service.yaml": "image: postgres:15\nport: 5432\n",
		"services/mailbox/service.yaml":  "port: 8025\nenabled: false\n",
	}
}

// synced writes files by their path into a folder of its own and generates the charts.
func synced(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for path, text := range files {
		put(t, filepath.Join(dir, path), text)
	}
	if _, err := umbrella.Generate(t.Context(), dir, templates.Files, umbrella.Request{Umbrella: true}); err != nil {
		t.Fatal(err)
	}
	return dir
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func charts(t *testing.T, r ship.Request) []*ship.Chart {
	t.Helper()
	packed, err := ship.Charts(t.Context(), r, templates.Files)
	if err != nil {
		t.Fatal(err)
	}
	return packed
}

// digestOf gives each image a digest, and counts how often it is asked, which happens side by side.
func digestOf(asked map[string]int) func(context.Context, string) (string, error) {
	var mu sync.Mutex
	return func(_ context.Context, ref string) (string, error) {
		mu.Lock()
		defer mu.Unlock()
		asked[ref]++
		return fmt.Sprintf("sha256:%064x", len(ref)), nil
	}
}

// equal compares the text of an error.
func equal(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || err.Error() != want {
		t.Errorf("got the error\n%v\nwant\n%s", err, want)
	}
}

// isUsage tells whether an error ends factory with 2.
func isUsage(err error) bool {
	wrong, ok := err.(interface{ Usage() bool })
	return ok && wrong.Usage()
}

func TestVersions(t *testing.T) {
	dir := synced(t, shop())
	for _, c := range []struct{ version, app, want string }{
		{"1.4.0", "", ""},
		{"1.4.0-rc.1+build.7", "2026.11 (blue)", ""},
		{"v1.4.0", "", `--version "v1.4.0" is no version of SemVer 2: did you mean 1.4.0?`},
		{"1.4", "", `--version "1.4" is no version of SemVer 2: did you mean 1.4.0?`},
		{"01.4.0", "", `--version "01.4.0" is no version of SemVer 2: did you mean 1.4.0?`},
		{"latest", "", `--version "latest" is no version of SemVer 2: write MAJOR.MINOR.PATCH, such as 1.4.0, 1.4.0-rc.1 or 1.4.0+build.7`},
		{"../1.0.0", "", `--version "../1.0.0" is no version of SemVer 2: write MAJOR.MINOR.PATCH, such as 1.4.0, 1.4.0-rc.1 or 1.4.0+build.7`},
		{"1.0.0-" + strings.Repeat("a", 123), "", "--version has 129 characters, and a tag of a registry has at most 128"},
		{"", "a\nb", `--app-version "a\nb": want one line of text without spaces around it`},
		{"", " 1", `--app-version " 1": want one line of text without spaces around it`},
	} {
		packed, err := ship.Charts(t.Context(), ship.Request{Dir: dir, Version: c.version, AppVersion: c.app}, templates.Files)
		switch {
		case c.want != "":
			if equal(t, err, c.want); !isUsage(err) {
				t.Errorf("%v is not the caller's to cure", err)
			}
		case err != nil:
			t.Error(err)
		case packed[0].Version != c.version || packed[0].AppVersion != c.app || packed[0].File() != "shop-"+c.version+".tgz":
			t.Errorf("got %s %s %s", packed[0].Version, packed[0].AppVersion, packed[0].File())
		}
	}
}

// TestVersionsOfServices: the chart of a service by itself has its version in a label; the umbrella's charts keep theirs.
func TestVersionsOfServices(t *testing.T) {
	dir := synced(t, shop())
	fits, long := "1.0.0-"+strings.Repeat("a", 53), "1.0.0-"+strings.Repeat("a", 54)
	for _, request := range []ship.Request{{Dir: dir, Version: fits, Services: []string{"web"}}, {Dir: dir, Version: long}} {
		if _, err := ship.Charts(t.Context(), request, templates.Files); err != nil {
			t.Error(err)
		}
	}
	_, err := ship.Charts(t.Context(), ship.Request{Dir: dir, Version: long, Services: []string{"web"}}, templates.Files)
	if equal(t, err, "--version "+long+" makes the label helm.sh/chart of web 64 characters long, and a label has at most 63"); !isUsage(err) {
		t.Errorf("%v is not the caller's to cure", err)
	}
}

func TestOnlyWhatTheSpecsGiveIsShipped(t *testing.T) {
	for name, c := range map[string]struct {
		change func(t *testing.T, dir string)
		want   string
	}{
		"a changed spec": {func(t *testing.T, dir string) {
			put(t, filepath.Join(dir, "services/web/service.yaml"), "port: 8081\n")
		}, "umbrella-chart is not what the specs give: charts/database/README.md is stale, and 9 more files\nnext: factory sync"},
		"a hand edit": {func(t *testing.T, dir string) {
			put(t, filepath.Join(dir, "umbrella-chart/charts/web/values.yaml"), "replicas: 7\n")
		}, "umbrella-chart is not what the specs give: charts/web/values.yaml is edited\nnext: factory sync"},
		"a file of somebody's": {func(t *testing.T, dir string) {
			put(t, filepath.Join(dir, "umbrella-chart/secrets.txt"), "hunter2")
		}, "umbrella-chart/secrets.txt is not generated, and would be shipped\nnext: move it away, or let factory sync --force remove it"},
		"nothing generated": {func(t *testing.T, dir string) {
			if err := os.RemoveAll(filepath.Join(dir, "umbrella-chart")); err != nil {
				t.Fatal(err)
			}
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir := synced(t, shop())
			c.change(t, dir)
			_, err := ship.Charts(t.Context(), ship.Request{Dir: dir}, templates.Files)
			if drift, ok := err.(interface{ Drift() bool }); !ok || !drift.Drift() {
				t.Fatalf("got %v, want drift", err)
			}
			if c.want != "" {
				equal(t, err, c.want)
			}
		})
	}
}

// TestOneServiceIsNotHeldUpByAnother ships a chart that is as its spec says beside one that is not.
func TestOneServiceIsNotHeldUpByAnother(t *testing.T) {
	dir := synced(t, shop())
	put(t, filepath.Join(dir, "umbrella-chart/charts/web/values.yaml"), "replicas: 7\n")
	packed := charts(t, ship.Request{Dir: dir, Services: []string{"mailbox", "database", "database"}, Version: "2.0.0"})
	if len(packed) != 2 || packed[0].File() != "database-2.0.0.tgz" || packed[1].File() != "mailbox-2.0.0.tgz" {
		t.Errorf("got %v", packed)
	}
	if _, err := ship.Charts(t.Context(), ship.Request{Dir: dir, Services: []string{"webb"}}, templates.Files); err == nil || !isUsage(err) {
		t.Errorf("a service that is not there: %v", err)
	}
}
