package umbrella_test

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

const rawManifest = `# A comment, {{ .Values.which }} no template reads.
apiVersion: v1
kind: ConfigMap
metadata:
  name: dashboards
  annotations: {example.com/query: '{{ $labels.pod }} "x"'}
data:
  page: |
    {{- include "labels" . -}}
      --- three dashes, $(VAR), ${x}, 🙂
---
apiVersion: v1
kind: ConfigMap
metadata: {name: second}
data: {number: "010"}
`

// TestManifestsArriveAsTheyAre: a raw manifest reaches the release byte by byte, and kinds that it defines come first.
func TestManifestsArriveAsTheyAre(t *testing.T) {
	dir := project(t, map[string]string{
		"factory.yaml":                       "version: 1\n",
		"services/web/service.yaml":          "port: 80\nmanifests: [extra/dashboards.yaml, crd.yaml]\n",
		"services/web/extra/dashboards.yaml": rawManifest,
		"services/web/crd.yaml":              "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: things.example.com}\n",
	})
	c := synced(t, dir)
	objects := rendered(t, c, map[string]any{})
	first := decode[corev1.ConfigMap](t, objects, "web/ConfigMap/dashboards")
	if first.Annotations["example.com/query"] != `{{ $labels.pod }} "x"` || first.Data["page"] != "{{- include \"labels\" . -}}\n  --- three dashes, $(VAR), ${x}, 🙂\n" {
		t.Errorf("the first is %+v", first)
	}
	if second := decode[corev1.ConfigMap](t, objects, "web/ConfigMap/second"); second.Data["number"] != "010" {
		t.Errorf("the second is %+v", second)
	}
	if text, _, _ := strings.Cut(rawManifest, "---\n"); !strings.HasSuffix(objects["web/ConfigMap/dashboards"], text+"#") {
		t.Errorf("the first arrives as\n%s", objects["web/ConfigMap/dashboards"])
	}
	crds := c.CRDObjects()
	if len(crds) != 1 || !strings.HasSuffix(string(crds[0].File.Data), "metadata: {name: things.example.com}\n#\n") {
		t.Errorf("the kinds are %v", crds)
	}
	off := rendered(t, synced(t, dir), map[string]any{"web": map[string]any{"manifests": []any{}}})
	if _, ok := off["web/ConfigMap/second"]; ok {
		t.Error("without its value it is there still")
	}
}
