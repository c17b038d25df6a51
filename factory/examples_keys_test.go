package main_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/helm-chart-factory/factory/factory/schema"
	"github.com/helm-chart-factory/factory/factory/spec"
)

// unsaid are the keys that no example says, each with the reason.
var unsaid = map[string]string{}

// TestExamplesSayEveryKey looks for every key of both kinds of spec in some example. What stands in several places, such as the checks
// of a probe, is looked for in all of them together; each kind of container has keys of its own.
func TestExamplesSayEveryKey(t *testing.T) {
	for _, of := range []struct {
		text  []byte
		files string
	}{{schema.Service, "services/*/" + spec.ServiceFile}, {schema.Project, spec.ProjectFile}} {
		keys, err := schema.Parse(of.text)
		if err != nil {
			t.Fatal(err)
		}
		trees := exampleTrees(t, of.files)
		said, known := map[string]bool{}, map[string]string{}
		keys.Keys(func(path []string, _ *schema.Node) bool {
			if path[len(path)-1] != schema.Any {
				id := identity(keys, path)
				known[id] = strings.Join(path, ".")
				said[id] = said[id] || slices.ContainsFunc(trees, func(tree any) bool { return says(keys, tree, path) })
			}
			// What stands below these is a spec once more.
			return path[0] != "environments" && path[0] != "defaults"
		})
		if len(known) < 10 {
			t.Fatalf("only %d keys of %s", len(known), of.files)
		}
		for id, name := range known {
			switch reason := unsaid[name]; {
			case said[id] && reason != "":
				t.Errorf("%s is said by an example, so it is none of the keys that cannot be (%s)", name, reason)
			case !said[id] && reason == "":
				t.Errorf("no example says %s: let examples/everything say it", name)
			}
		}
	}
}

// identity names a key by the type that has it, and otherwise by its path.
func identity(keys *schema.Schema, path []string) string {
	for i := len(path) - 1; i > 0; i-- {
		if n, ok := keys.Find(path[:i]...); ok && n.Ref != "" {
			return n.Ref + " " + strings.Join(path[i:], ".")
		}
	}
	return strings.Join(path, ".")
}

func says(keys *schema.Schema, tree any, path []string) bool {
	return slices.ContainsFunc(keys.Places(tree, path...), func(place []string) bool { return schema.Get(tree, place) != nil })
}

// exampleTrees reads files of all examples.
func exampleTrees(t *testing.T, glob string) []any {
	t.Helper()
	files, err := filepath.Glob("../examples/*/" + glob)
	if err != nil || len(files) < 12 {
		t.Fatalf("%d files (%v)", len(files), err)
	}
	var trees []any
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var tree any
		if err := yaml.Unmarshal(data, &tree); err != nil {
			t.Fatal(err)
		}
		trees = append(trees, tree)
	}
	return trees
}
