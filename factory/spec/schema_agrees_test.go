package spec_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
	"golang.org/x/tools/txtar"

	"github.com/helm-chart-factory/factory/factory/schema"
	"github.com/helm-chart-factory/factory/factory/spec"
)

// judge is one of the schemas, as a validator that is not ours reads it.
type judge struct {
	file string
	keys *schema.Schema
	*jsonschema.Schema
}

func judges(t *testing.T) []judge {
	t.Helper()
	var out []judge
	for file, text := range map[string][]byte{spec.ServiceFile: schema.Service, spec.ProjectFile: schema.Project} {
		document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		compiler := jsonschema.NewCompiler()
		if err := compiler.AddResource(file, document); err != nil {
			t.Fatal(err)
		}
		compiled, err := compiler.Compile(file)
		if err != nil {
			t.Fatal(err)
		}
		keys, err := schema.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, judge{file: file, keys: keys, Schema: compiled})
	}
	return out
}

// accepts tells what the schema says of a spec, given as YAML.
func (j judge) accepts(t *testing.T, text []byte) error {
	t.Helper()
	var tree any
	if err := yaml.Unmarshal(text, &tree); err != nil {
		t.Fatal(err)
	}
	asJSON, err := json.Marshal(tree)
	if err != nil {
		t.Fatal(err)
	}
	instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(asJSON))
	if err != nil {
		t.Fatal(err)
	}
	return j.Validate(instance)
}

// TestSchemaTakesWhatIsWritten holds the schemas against every spec of this repository that the loader takes.
func TestSchemaTakesWhatIsWritten(t *testing.T) {
	count := 0
	for _, pattern := range []string{"../../factory.yaml", "../../services/*/service*.yaml", "../../examples/*/factory.yaml", "../../examples/*/services/*/service*.yaml", "../subchart/testdata/*.yaml"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range found {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for _, j := range judges(t) {
				if (filepath.Base(path) == spec.ProjectFile) != (j.file == spec.ProjectFile) {
					continue
				}
				count++
				if err := j.accepts(t, text); err != nil {
					t.Errorf("%s: %v", path, err)
				}
			}
		}
	}
	if count < 8 {
		t.Errorf("only %d specs", count)
	}
}

// structural are the decoder's complaints about what a key holds, whatever the rest of the spec says.
var structural = regexp.MustCompile(`unknown key|wanted here|is not a whole number|neither true nor false|there is no value here, not keys with values`)

// TestSchemaAndDecoderAgree puts wrong and right things into every key: what the schema refuses, the loader does not take, and
// what the decoder cannot read, the schema refuses.
func TestSchemaAndDecoderAgree(t *testing.T) {
	dir := project(t, []txtar.File{
		{Name: spec.ProjectFile, Data: []byte("version: 1\nenvironments: {prod: {}}\n")},
		{Name: "services/web/service.yaml", Data: []byte("image: nginx\nport: 8080\n")},
	})
	tried := 0
	for _, j := range judges(t) {
		name := j.file
		base := map[string]any{"version": 1.0, "environments": map[string]any{"prod": map[string]any{}}}
		if name == spec.ServiceFile {
			name = "services/web/" + name
			base = map[string]any{"image": "nginx", "port": 8080.0}
		}
		j.keys.Keys(func(path []string, n *schema.Node) bool {
			for _, place := range j.keys.Places(base, path...) {
				if place[0] == "environments" && len(place) > 1 && place[1] == "sample" {
					place[1] = "prod" // others are not declared
				}
				for i, name := range place {
					if i == 3 && name == "sample" && place[2] == "services" {
						place[3] = "web"
					}
				}
				tree := around(j.keys, base, place)
				for _, value := range oddities(j.keys, n) {
					tried++
					text, err := json.Marshal(schema.With(tree, place, value))
					if err != nil {
						t.Fatal(err)
					}
					_, err = spec.LoadDraft(dir, spec.Draft{Files: map[string][]byte{name: text}})
					var problems spec.Problems
					if err != nil && !errors.As(err, &problems) {
						t.Fatal(err)
					}
					unread := slices.ContainsFunc(problems, func(p spec.Problem) bool { return structural.MatchString(p.Text) })
					refused := j.accepts(t, text)
					switch {
					case refused != nil && err == nil && !j.wantsText(t, tree, place, value):
						t.Errorf("%s: the loader takes what the schema refuses: %s\n%v", strings.Join(path, "."), text, refused)
					case unread && refused == nil:
						t.Errorf("%s: the schema takes what the decoder cannot read: %s\n%v", strings.Join(path, "."), text, err)
					}
				}
			}
			// Below a layer every type was seen already, but for nulls.
			return path[0] != "defaults" && path[0] != "environments" || len(path) < 5
		})
	}
	if tried < 1000 {
		t.Errorf("only %d", tried)
	}
}

// wantsText is what the schemas know better: where a text is wanted, true is more likely a mistake.
func (j judge) wantsText(t *testing.T, tree any, place []string, value any) bool {
	if _, isBool := value.(bool); !isBool {
		return false
	}
	text, err := json.Marshal(schema.With(tree, place, fmt.Sprint(value)))
	return err == nil && j.accepts(t, text) == nil
}

// around returns a tree in which every mapping around a place holds what it needs.
func around(s *schema.Schema, tree any, place []string) any {
	for i := 1; i < len(place); i++ {
		if schema.Get(tree, place[:i]) != nil {
			continue
		}
		n, ok := s.Find(place[:i]...)
		if !ok {
			return tree
		}
		var value any = map[string]any{}
		if s.IsList(place[:i]...) {
			value = []any{}
		}
		for _, sample := range s.Samples(n) {
			if mapping, ok := sample.(map[string]any); ok {
				value = mapping
				break
			}
		}
		tree = schema.With(tree, place[:i], value)
	}
	return tree
}

func oddities(s *schema.Schema, n *schema.Node) []any {
	odd := []any{"text", "7", 7.0, -1.5, true, []any{}, []any{"text"}, []any{map[string]any{}}, map[string]any{}, map[string]any{"text": "text"},
		map[string]any{"text": map[string]any{"text": "text"}}, json.RawMessage("null")}
	return append(odd, s.Samples(n)...)
}
