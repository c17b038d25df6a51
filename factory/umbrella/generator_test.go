package umbrella_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/helm-chart-factory/factory/factory/stamp"
	"github.com/helm-chart-factory/factory/factory/umbrella"
	"github.com/helm-chart-factory/factory/templates"
)

// regenerated changes a generated file as another generator would have written it.
func regenerated(t *testing.T, path string, edit func(string) string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := regexp.MustCompile(`factory:sha256:[0-9a-f]{16}`).ReplaceAllString(edit(string(data)), "factory:sha256:0000000000000000")
	data = []byte(text)
	stamp.Seal(data)
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// recordGenerator makes a tree one of another version of the generator; "" records none.
func recordGenerator(t *testing.T, dir, version string) {
	t.Helper()
	regenerated(t, filepath.Join(dir, umbrella.Dir, "Chart.yaml"), func(text string) string {
		now := fmt.Sprintf("annotations:\n  factory.dev/generator: \"%d\"\n", umbrella.Generator)
		if !strings.Contains(text, now) {
			t.Fatalf("no version is recorded in\n%s", text)
		}
		if version == "" {
			return strings.Replace(text, now, "", 1)
		}
		return strings.Replace(text, now, "annotations:\n  factory.dev/generator: \""+version+"\"\n", 1)
	})
}

func TestOlderGenerator(t *testing.T) {
	dir := project(t, map[string]string{"factory.yaml": "version: 1\n", "services/web/service.yaml": "port: 80\n", "services/db/service.yaml": "port: 5432\n"})
	generate := func(r umbrella.Request) error {
		_, err := umbrella.Generate(context.Background(), dir, templates.Files, r)
		return err
	}
	whole := umbrella.Request{Umbrella: true}
	synced(t, dir)
	service := filepath.Join(dir, umbrella.Dir, "charts/web/templates/service.yaml")
	chart := filepath.Join(dir, umbrella.Dir, "Chart.yaml")
	read := func(path string) string {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	current := read(service) + read(chart)

	// Nothing but the record differs: it is written without a question.
	recordGenerator(t, dir, "")
	if err := generate(whole); err != nil || read(service)+read(chart) != current {
		t.Fatalf("the version was not recorded: %v", err)
	}

	recordGenerator(t, dir, "")
	regenerated(t, service, func(text string) string { return text + "# older\n" })
	older := read(service) + read(chart)
	for name, r := range map[string]umbrella.Request{
		"sync": whole, "sync --force": {Umbrella: true, Force: true}, "sync --check": {Umbrella: true, Check: true},
		"generate-all": {}, "generate web": {Services: []string{"web"}},
	} {
		err := generate(r)
		var upgrade *umbrella.UpgradeError
		if !errors.As(err, &upgrade) {
			t.Fatalf("%s: %v", name, err)
		}
		if upgrade.Usage() == r.Check || upgrade.Drift() != r.Check {
			t.Errorf("%s: usage %v, drift %v", name, upgrade.Usage(), upgrade.Drift())
		}
		if text := err.Error(); !strings.Contains(text, "version 0 of the generator, and this factory has version 1") ||
			!strings.Contains(text, "\nweb\n  version 1: ") || !strings.Contains(text, "\n    templates/service.yaml (line ") || strings.Contains(text, "db") {
			t.Errorf("%s tells\n%s", name, text)
		}
		if read(service)+read(chart) != older {
			t.Fatalf("%s wrote something", name)
		}
	}
	if err := generate(umbrella.Request{Services: []string{"db"}}); err != nil {
		t.Errorf("a chart that does not change: %v", err)
	}
	if err := generate(umbrella.Request{Umbrella: true, Upgrade: true}); err != nil || read(service)+read(chart) != current {
		t.Errorf("the tree was not upgraded: %v", err)
	}
}

func TestNewerGenerator(t *testing.T) {
	dir := project(t, map[string]string{"factory.yaml": "version: 1\n", "services/web/service.yaml": "port: 80\n"})
	synced(t, dir)
	recordGenerator(t, dir, "99")
	before, err := os.ReadFile(filepath.Join(dir, umbrella.Dir, "Chart.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []umbrella.Request{{Umbrella: true}, {Umbrella: true, Upgrade: true}, {Umbrella: true, Force: true}, {Umbrella: true, Check: true}, {}} {
		_, err := umbrella.Generate(context.Background(), dir, templates.Files, r)
		const want = "umbrella-chart was written by version 99 of the generator, and this factory has version 1, which would undo what is newer\n" +
			"next: use the factory that wrote it, or a newer one"
		if u, ok := err.(interface{ Usage() bool }); err == nil || err.Error() != want || !ok || !u.Usage() {
			t.Errorf("%+v: %v", r, err)
		}
	}
	if after, err := os.ReadFile(filepath.Join(dir, umbrella.Dir, "Chart.yaml")); err != nil || !bytes.Equal(before, after) {
		t.Errorf("it was written: %v", err)
	}
}

// TestForeignChart holds that a chart that no generator wrote is no older version of one.
func TestForeignChart(t *testing.T) {
	dir := project(t, map[string]string{"factory.yaml": "version: 1\n", "services/web/service.yaml": "port: 80\n", "umbrella-chart/Chart.yaml": "apiVersion: v2\nname: mine\nversion: 1.0.0\n"})
	_, err := umbrella.Generate(context.Background(), dir, templates.Files, umbrella.Request{Umbrella: true, Waiting: func() {}})
	if err == nil || !strings.Contains(err.Error(), "changed or put there by hand") {
		t.Error(err)
	}
}
