package lint_test

import (
	"encoding/json"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/helm-chart-factory/factory/factory/lint/rendered"
	"github.com/helm-chart-factory/factory/factory/lint/schemas"
)

// TestSchemasAgreeWithTypes holds the two judges of the newest version against each other, on every manifest that the rules are
// tested with: what decodes strictly into the API's types fits the schema, and a field that is unheard of, put into every part
// of an object, is unknown to both or to neither.
func TestSchemasAgreeWithTypes(t *testing.T) {
	catalog, err := schemas.Load()
	if err != nil {
		t.Fatal(err)
	}
	newest := catalog.Versions()[len(catalog.Versions())-1:]
	tried := map[string]bool{}
	for _, o := range testedObjects(t) {
		verdict := catalog.Judge(o.APIVersion, o.Kind, o.Fields, newest)
		if o.Typed == nil || !verdict.Known {
			continue // no kind of Kubernetes' own, or one that is gone whose types are still linked
		}
		for _, v := range verdict.Violations {
			if o.Wrong == nil && (strings.HasPrefix(v.Text, "unknown field") || strings.Contains(v.Text, "is wanted here")) {
				t.Errorf("%s fits its type, and the schema says of %s: %s", o, v.Path, v.Text)
			}
		}
		everyPart(o.Fields, o.Kind, func(path string, part map[string]any) {
			if tried[path] || o.Wrong != nil {
				return
			}
			tried[path] = true
			part["unheardOf"] = map[string]any{}
			defer delete(part, "unheardOf")
			data, err := json.Marshal(o.Fields)
			if err != nil {
				t.Fatal(err)
			}
			again := rendered.New("shop", "shop", "web", string(data)).Objects[0]
			found := catalog.Judge(again.APIVersion, again.Kind, again.Fields, newest).Violations
			unknown := slices.ContainsFunc(found, func(v schemas.Violation) bool { return strings.HasSuffix(v.Path, "unheardOf") })
			if strict := again.Wrong != nil; strict != unknown {
				t.Errorf("an unheard of field in %s: strict decoding says %v, the schema %v", path, again.Wrong, found)
			}
		})
	}
	if len(tried) < 150 {
		t.Errorf("only %d parts of objects were tried", len(tried))
	}
}

// testedObjects are those of all manifests that the rules are tested with.
func testedObjects(t *testing.T) []*rendered.Object {
	t.Helper()
	archives, err := filepath.Glob("*/testdata/*.txtar")
	if err != nil || len(archives) < 50 {
		t.Fatalf("%d archives, %v", len(archives), err)
	}
	var out []*rendered.Object
	for _, path := range archives {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range archive.Files {
			if strings.Contains(string(f.Data), "apiVersion: ") {
				out = append(out, rendered.New("shop", "shop", "web", string(f.Data)).Objects...)
			}
		}
	}
	return out
}

// everyPart calls each for every mapping in a value, with its path without the numbers of items.
func everyPart(value any, path string, each func(path string, part map[string]any)) {
	switch v := value.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			everyPart(v[name], path+"."+name, each)
		}
		each(path, v)
	case []any:
		for _, item := range v {
			everyPart(item, path+"[]", each)
		}
	}
}
