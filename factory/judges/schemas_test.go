//go:build e2e

package judges

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
)

// moduleDir downloads a module, as path@version, and returns its folder.
func moduleDir(t *testing.T, module string) string {
	t.Helper()
	out, err := exec.Command("go", "mod", "download", "-json", module).Output()
	if err != nil {
		t.Fatalf("downloading %s: %v\n%s", module, err, out)
	}
	var found struct{ Dir string }
	if err := json.Unmarshal(out, &found); err != nil {
		t.Fatal(err)
	}
	return found.Dir
}

// kubeconformSchemas writes the schemas that kubeconform reads, made from what Kubernetes and the projects of the custom
// resources publish themselves, and not from factory's own: two judges with one book would be one judge.
func kubeconformSchemas(t *testing.T, kubernetes string, definitions []apiextensions.CustomResourceDefinition) string {
	t.Helper()
	dir := t.TempDir()
	content, err := os.ReadFile(filepath.Join(moduleDir(t, kubernetes), "api", "openapi-spec", "swagger.json"))
	if err != nil {
		t.Fatal(err)
	}
	var swagger struct{ Definitions map[string]map[string]any }
	if err := json.Unmarshal(content, &swagger); err != nil {
		t.Fatal(err)
	}
	for name, definition := range swagger.Definitions {
		strict(definition)
		kinds, _ := definition["x-kubernetes-group-version-kind"].([]any)
		for _, kind := range kinds {
			k := kind.(map[string]any)
			ref := map[string]any{"$ref": "_definitions.json#/definitions/" + name}
			writeJSON(t, dir, schemaName(k["group"].(string), k["version"].(string), k["kind"].(string)), ref)
		}
	}
	// Some types have a form on the wire that their schema does not tell.
	anyOf := func(types ...any) map[string]any { return map[string]any{"type": types} }
	swagger.Definitions["io.k8s.apimachinery.pkg.util.intstr.IntOrString"] = anyOf("string", "integer")
	swagger.Definitions["io.k8s.apimachinery.pkg.api.resource.Quantity"] = anyOf("string", "number")
	writeJSON(t, dir, "_definitions.json", map[string]any{"definitions": swagger.Definitions})

	for _, crd := range definitions {
		for _, version := range crd.Spec.Versions {
			content, err := json.Marshal(version.Schema.OpenAPIV3Schema)
			if err != nil {
				t.Fatal(err)
			}
			schema := map[string]any{}
			if err := json.Unmarshal(content, &schema); err != nil {
				t.Fatal(err)
			}
			strict(schema)
			if properties, ok := schema["properties"].(map[string]any); ok {
				anything := map[string]any{} // "true" is not known to the draft that kubeconform reads
				properties["apiVersion"], properties["kind"], properties["metadata"] = anything, anything, anything
			}
			writeJSON(t, dir, schemaName(crd.Spec.Group, version.Name, crd.Spec.Names.Kind), schema)
		}
	}
	return dir
}

// strict lets no object have a field that is not named.
func strict(node any) {
	switch node := node.(type) {
	case map[string]any:
		for _, child := range node {
			strict(child)
		}
		_, named := node["properties"].(map[string]any)
		_, said := node["additionalProperties"]
		if named && !said && node["x-kubernetes-preserve-unknown-fields"] != true {
			node["additionalProperties"] = false
		}
		if node["x-kubernetes-int-or-string"] == true {
			delete(node, "anyOf")
			node["type"] = []any{"string", "integer"}
		}
	case []any:
		for _, child := range node {
			strict(child)
		}
	}
}

// schemaName is kubeconform's {{.ResourceKind}}{{.KindSuffix}}.json.
func schemaName(group, version, kind string) string {
	suffix := "-" + version
	if group != "" {
		first, _, _ := strings.Cut(group, ".")
		suffix = "-" + first + suffix
	}
	return strings.ToLower(kind+suffix) + ".json"
}

func writeJSON(t *testing.T, dir, name string, value any) {
	t.Helper()
	content, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, name), content)
}
