package deploy_test

import (
	"context"
	"strings"
	"testing"
	"testing/fstest"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/helm-chart-factory/factory/factory/clustertest"
	"github.com/helm-chart-factory/factory/factory/deploy"
)

// kinds is a test of custom resource definitions; each has a group of its own, since definitions are the cluster's.
type kinds struct {
	*testing.T
	opts  deploy.Options
	group string
}

func newKinds(t *testing.T) *kinds {
	t.Helper()
	k := &kinds{T: t, opts: options(t)}
	k.opts.Namespace = clustertest.Namespace(t, k.opts.Cluster)
	k.opts.Values, k.group = nil, k.opts.Namespace+".example.com"
	t.Cleanup(func() {
		if client, err := k.opts.Cluster.Dynamic(); err == nil {
			_ = client.Resource(definitions).Delete(context.Background(), "widgets."+k.group, metav1.DeleteOptions{})
		}
	})
	return k
}

var definitions = schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"}

// definition is that of Widgets with these fields and versions.
func (k *kinds) definition(field string, versions ...string) string {
	var list strings.Builder
	for i, version := range versions {
		list.WriteString("  - name: " + version + "\n    served: true\n    storage: " + map[bool]string{true: "true", false: "false"}[i == 0] + `
    schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {` + field + `: {type: string}}}}}}
`)
	}
	return `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.GROUP}
spec:
  group: GROUP
  scope: Namespaced
  names: {plural: widgets, singular: widget, kind: Widget, listKind: WidgetList}
  versions:
` + list.String()
}

// chart has files by their paths; GROUP in them is the test's group.
func (k *kinds) chart(files map[string]string) deploy.Chart {
	all := fstest.MapFS{"c/Chart.yaml": {Data: []byte("apiVersion: v2\nname: c\nversion: 0.1.0\n")}}
	for name, text := range files {
		all["c/"+name] = &fstest.MapFile{Data: []byte(strings.ReplaceAll(text, "GROUP", k.group))}
	}
	return deploy.FromFS(all, "c")
}

// fields are the names of the spec's fields in the cluster's definition, by version.
func (k *kinds) fields() string {
	k.Helper()
	client, err := k.opts.Cluster.Dynamic()
	if err != nil {
		k.Fatal(err)
	}
	found, err := client.Resource(definitions).Get(k.Context(), "widgets."+k.group, metav1.GetOptions{})
	if err != nil {
		k.Fatal(err)
	}
	var all []string
	versions, _, _ := unstructured.NestedSlice(found.Object, "spec", "versions")
	for _, version := range versions {
		name := version.(map[string]any)["name"].(string)
		spec, _, _ := unstructured.NestedMap(version.(map[string]any), "schema", "openAPIV3Schema", "properties", "spec", "properties")
		for field := range spec {
			all = append(all, name+":"+field)
		}
	}
	return strings.Join(all, " ")
}

const widget = "apiVersion: GROUP/v1\nkind: Widget\nmetadata: {name: w}\nspec: {color: blue}\n"

func TestDefinitionsAreCreatedUpgradedAndNeverDeleted(t *testing.T) {
	k := newKinds(t)
	k.opts.Chart = k.chart(map[string]string{"crds/w.yaml": k.definition("color", "v1"), "templates/w.yaml": widget})
	apply(t, k.opts)
	if got := k.fields(); got != "v1:color" {
		t.Errorf("the definition has %s", got)
	}
	if result := apply(t, k.opts); result.Changed {
		t.Errorf("got %+v, want nothing to do", result)
	}
	// An object of the upgraded kind needs the upgraded definition.
	k.opts.Chart = k.chart(map[string]string{"crds/w.yaml": k.definition("size", "v2", "v1"), "templates/w.yaml": strings.ReplaceAll(strings.ReplaceAll(widget, "v1", "v2"), "color", "size")})
	if result := apply(t, k.opts); result.Revision != 2 {
		t.Errorf("got %+v, want revision 2", result)
	}
	if got := k.fields(); got != "v2:size v1:size" {
		t.Errorf("the definition has %s", got)
	}
	// The chart before knows less than the cluster: it must not take anything away.
	k.opts.Chart = k.chart(map[string]string{"crds/w.yaml": k.definition("color", "v1"), "templates/c.yaml": strings.ReplaceAll(colors, "NAME", "c")})
	apply(t, k.opts)
	if got := k.fields(); got != "v2:size v1:size" {
		t.Errorf("the definition has %s", got)
	}
	destroy(t, k.opts, true)
	k.fields()
}

func TestADefinitionAmongTheTemplatesIsNeverDeleted(t *testing.T) {
	k := newKinds(t)
	k.opts.Chart = k.chart(map[string]string{"templates/w.yaml": k.definition("color", "v1"), "templates/c.yaml": strings.ReplaceAll(colors, "NAME", "c")})
	apply(t, k.opts)
	destroyed := destroy(t, k.opts, false)
	wantList(t, "kept", destroyed.Kept, "customresourcedefinition/widgets."+k.group)
	apply(t, k.opts)
	k.opts.Chart = k.chart(map[string]string{"templates/c.yaml": strings.ReplaceAll(colors, "NAME", "c")})
	apply(t, k.opts)
	if got := k.fields(); got != "v1:color" {
		t.Errorf("the definition has %s", got)
	}
}

func TestADefinitionThatTheClusterDoesNotTakeIsRefusedBeforeAnythingIsTouched(t *testing.T) {
	k := newKinds(t)
	k.opts.Chart = k.chart(map[string]string{"crds/w.yaml": k.definition("color", "v1")})
	apply(t, k.opts)
	k.opts.Chart = k.chart(map[string]string{"crds/w.yaml": strings.Replace(k.definition("size", "v1"), "Namespaced", "Cluster", 1)})
	_, err := deploy.Apply(t.Context(), k.opts)
	if err == nil || !strings.Contains(err.Error(), "customresourcedefinition/widgets."+k.group) || !strings.Contains(err.Error(), "scope") {
		t.Errorf("got %v", err)
	}
	wantReleases(t, k.opts, "1 deployed")
}
