package spec_test

import (
	"bytes"
	"os"
	"testing"

	"github.com/helm-chart-factory/factory/factory/schema/generate"
	"github.com/helm-chart-factory/factory/factory/spec"
)

// TestSchemaIsUpToDate holds the committed schemas against the types of this package.
func TestSchemaIsUpToDate(t *testing.T) {
	for _, of := range []struct{ file, title, root string }{
		{"factory.schema.json", spec.ProjectFile, "Project"},
		{"service.schema.json", spec.ServiceFile, "Service"},
	} {
		want, err := generate.Schema(".", of.root, of.title, "Service")
		if err != nil {
			t.Fatal(err)
		}
		path := "../schema/" + of.file
		if *update {
			if err := os.WriteFile(path, want, 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what the types say\nnext: go generate ./factory/schema", path)
		}
	}
}
