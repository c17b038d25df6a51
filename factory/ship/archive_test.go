package ship_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"sigs.k8s.io/yaml"

	"github.com/helm-chart-factory/factory/factory/deploy"
	"github.com/helm-chart-factory/factory/factory/ship"
	"github.com/helm-chart-factory/factory/factory/spec"
	"github.com/helm-chart-factory/factory/factory/umbrella"
)

// TestTheSameSpecsGiveTheSameBytes packages one project in two folders, at two times. Whatever Helm takes from the clock or out of a
// map shows in some of the rounds.
func TestTheSameSpecsGiveTheSameBytes(t *testing.T) {
	first := charts(t, ship.Request{Dir: synced(t, shop()), Version: "1.0.0"})[0]
	for range 20 {
		again := charts(t, ship.Request{Dir: synced(t, shop()), Version: "1.0.0"})[0]
		if !bytes.Equal(again.Archive, first.Archive) {
			t.Fatal("the same specs gave other bytes")
		}
	}
	if other := charts(t, ship.Request{Dir: synced(t, shop()), Version: "1.0.1"})[0]; other.Digest() == first.Digest() {
		t.Error("another version has the same digest")
	}
}

// TestAnArchiveHoldsTheTree compares what Helm reads from an archive with what it reads from the folder.
func TestAnArchiveHoldsTheTree(t *testing.T) {
	dir := synced(t, shop())
	unpacked := load(t, charts(t, ship.Request{Dir: dir})[0])
	fromDisk, err := loader.LoadDir(filepath.Join(dir, umbrella.Dir))
	if err != nil {
		t.Fatal(err)
	}
	// Helm writes Chart.yaml itself, without its comments.
	inArchive, onDisk := contents(unpacked), contents(fromDisk)
	for name := range onDisk {
		if !strings.HasSuffix(name, "Chart.yaml") && inArchive[name] != onDisk[name] {
			t.Errorf("%s is not as on disk", name)
		}
	}
	if got, want := slices.Sorted(maps.Keys(inArchive)), slices.Sorted(maps.Keys(onDisk)); !slices.Equal(got, want) {
		t.Errorf("the archive has %v, want %v", got, want)
	}
	if got, want := text(t, unpacked.Metadata), text(t, fromDisk.Metadata); got != want {
		t.Errorf("Chart.yaml says\n%s\nwant\n%s", got, want)
	}
}

func TestAnArchiveIsAsHelmWritesIt(t *testing.T) {
	archive := charts(t, ship.Request{Dir: synced(t, shop())})[0].Archive
	zipped, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		t.Fatal(err)
	}
	if zipped.Comment != "Helm" || len(zipped.Extra) == 0 || !zipped.ModTime.IsZero() {
		t.Errorf("the header is %+v", zipped.Header)
	}
	var names []string
	for reader := tar.NewReader(zipped); ; {
		file, err := reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, file.Name)
		if file.ModTime.UTC().Format("2006-01-02 15:04:05") != "1980-01-01 00:00:00" || file.Mode != 0o644 || file.Uname != "" {
			t.Errorf("%s: %s %o %q", file.Name, file.ModTime, file.Mode, file.Uname)
		}
	}
	if len(names) < 20 || names[0] != "shop/Chart.yaml" {
		t.Errorf("the archive has %v", names)
	}
}

// TestPinnedChartsAreWhatDeployReleases renders, for every example and environment, the pinned chart without a file of values and the
// chart of the tree as deploy does: with the environment's file and the digests as values of the release.
func TestPinnedChartsAreWhatDeployReleases(t *testing.T) {
	examples, err := filepath.Glob("../../examples/*/factory.yaml")
	if err != nil || len(examples) < 12 {
		t.Fatal("no examples", err)
	}
	pins := 0
	for _, file := range examples {
		files := read(t, filepath.Dir(file))
		maps.DeleteFunc(files, func(path, _ string) bool { return strings.HasPrefix(path, umbrella.Dir+"/") })
		dir := synced(t, files)
		project, err := spec.Load(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, there := range append([]*spec.Project{project}, project.Environments...) {
			name := filepath.Base(filepath.Dir(file)) + " " + there.Environment
			fromDisk, err := deploy.FromDir(filepath.Join(dir, umbrella.Dir))()
			if err != nil {
				t.Fatal(err)
			}
			values := map[string]any{}
			if there.Environment != "" {
				if values, err = deploy.FileValues(fromDisk, umbrella.ValuesFile(there.Environment)); err != nil {
					t.Fatal(err)
				}
			}
			asked := map[string]int{}
			if values, err = deploy.Pin(t.Context(), fromDisk, values, there.Registry, digestOf(asked)); err != nil {
				t.Fatal(err)
			}
			packed := charts(t, ship.Request{Dir: dir, Environment: there.Environment, Pin: digestOf(map[string]int{})})[0]
			pins += len(packed.Images)
			got, want := render(t, load(t, packed), nil), render(t, fromDisk, values)
			for _, path := range slices.Sorted(maps.Keys(want)) {
				if got[path] != want[path] {
					t.Errorf("%s: %s is\n%s\nwant\n%s", name, path, got[path], want[path])
				}
				delete(got, path)
			}
			for path, more := range got {
				t.Errorf("%s: %s is more than deploy releases:\n%s", name, path, more)
			}
		}
	}
	if pins < 12 {
		t.Errorf("only %d pinned images", pins)
	}
}

// TestWhatIsPinned looks at which images get a digest.
func TestWhatIsPinned(t *testing.T) {
	dir := synced(t, shop())
	asked := map[string]int{}
	pinned := charts(t, ship.Request{Dir: dir, Pin: digestOf(asked)})[0]
	const web = "localhost:5000/web:latest"
	if len(asked) != 1 || asked[web] != 1 || len(pinned.Images) != 1 || !strings.HasPrefix(pinned.Images["web"], web+"@sha256:0") {
		t.Errorf("asked for %v, pinned %v", asked, pinned.Images)
	}
	values := contents(load(t, pinned))
	if !strings.Contains(values["charts/web/values.yaml"], "  tag: latest\n  digest: \"sha256:0") {
		t.Errorf("web's values are\n%s", values["charts/web/values.yaml"])
	}
	if strings.Contains(values["values-prod.yaml"], "digest") {
		t.Errorf("the same image is another one in prod:\n%s", values["values-prod.yaml"])
	}
	// By itself a chart is not switched off.
	alone := charts(t, ship.Request{Dir: dir, Services: []string{"mailbox", "database"}, Pin: digestOf(asked)})
	if len(alone[0].Images) != 0 || len(alone[1].Images) != 1 {
		t.Errorf("pinned %v and %v", alone[0].Images, alone[1].Images)
	}
	if tagged := charts(t, ship.Request{Dir: dir})[0]; len(tagged.Images) != 0 || strings.Contains(contents(load(t, tagged))["charts/web/values.yaml"], "digest:") {
		t.Error("pinned without being asked to")
	}
}

func load(t *testing.T, c *ship.Chart) *chart.Chart {
	t.Helper()
	loaded, err := loader.LoadArchive(bytes.NewReader(c.Archive))
	if err != nil {
		t.Fatal(err)
	}
	return loaded
}

// contents are the files of a chart, its subcharts' below charts/.
func contents(c *chart.Chart) map[string]string {
	files := map[string]string{}
	for _, f := range c.Raw {
		files[f.Name] = string(f.Data)
	}
	return files
}

func text(t *testing.T, value any) string {
	t.Helper()
	data, err := yaml.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// read returns the files below a folder by their path.
func read(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		files[strings.TrimPrefix(path, dir+"/")] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// render gives the manifests of a chart by template; what is blank is none.
func render(t *testing.T, c *chart.Chart, values map[string]any) map[string]string {
	t.Helper()
	if err := chartutil.ProcessDependenciesWithMerge(c, values); err != nil {
		t.Fatal(err)
	}
	all, err := chartutil.ToRenderValues(c, values, chartutil.ReleaseOptions{Name: "r", Namespace: "ns", IsInstall: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	rendered, err := engine.Render(c, all)
	if err != nil {
		t.Fatal(err)
	}
	for path, manifest := range rendered {
		if strings.TrimSpace(manifest) == "" || strings.HasSuffix(path, "NOTES.txt") || strings.Contains(manifest, "\nkind: Secret\n") {
			delete(rendered, path) // generated passwords are others each time
		}
	}
	return rendered
}
