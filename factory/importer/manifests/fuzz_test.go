package manifests

import (
	"io/fs"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/helm-chart-factory/factory/factory/importer/draft"
	"github.com/helm-chart-factory/factory/factory/importer/source"
)

// FuzzConvert holds that no manifests make the conversion panic, take long, or give another draft the next time, and that what it
// makes lies in the services' folders.
func FuzzConvert(f *testing.F) {
	archives, err := filepath.Glob("../testdata/manifests/*.txtar")
	if err != nil || len(archives) == 0 {
		f.Fatal("no archives", err)
	}
	for _, path := range archives {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range archive.Files {
			if strings.HasPrefix(file.Name, "want/") {
				continue
			}
			f.Add(file.Data)
			for _, document := range strings.Split(string(file.Data), "\n- ") {
				f.Add([]byte(strings.ReplaceAll(document, "\n  ", "\n")))
			}
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		start := time.Now()
		first := fuzzed(text)
		if took := time.Since(start); took > 10*time.Second {
			t.Fatalf("took %v", took)
		}
		if second := fuzzed(text); !reflect.DeepEqual(first, second) {
			t.Fatalf("another draft: %v %v", first, second)
		}
		for _, file := range first.files {
			if !fs.ValidPath(file.Path) || file.Path != "factory.yaml" && !strings.HasPrefix(file.Path, "services/") {
				t.Fatalf("a file outside: %q", file.Path)
			}
			if strings.HasSuffix(file.Path, "/service.yaml") || file.Path == "factory.yaml" || strings.Contains(file.Path, "/manifests/") {
				if documents, err := source.Parse(file.Path, file.Data); err != nil || len(documents) > 1 {
					t.Fatalf("%v\n%s", err, file.Data)
				}
			}
		}
	})
}

type outcome struct {
	files    []draft.File
	findings []draft.Finding
	problem  string
}

func fuzzed(text []byte) outcome {
	p, err := Convert(Input{Folder: source.Folder{FS: fstest.MapFS{"all.yaml": {Data: text}}, Shown: "."}, Paths: []string{"all.yaml"}})
	if err != nil {
		return outcome{problem: err.Error()}
	}
	return outcome{files: p.Render(), findings: p.Report.Findings}
}
