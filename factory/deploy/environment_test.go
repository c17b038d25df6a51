package deploy_test

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/helm-chart-factory/factory/factory/clustertest"
	"github.com/helm-chart-factory/factory/factory/deploy"
)

// withEnvironment is an umbrella with one service and a file of values for prod, which adds, changes and takes away.
func withEnvironment() (*chart.Chart, error) {
	var files []*loader.BufferedFile
	for name, text := range map[string]string{
		"Chart.yaml":                  "apiVersion: v2\nname: shop\nversion: 0.1.0\n",
		"values.yaml":                 "web: {enabled: true}\nout: {enabled: true}\n",
		"values-prod.yaml":            "web:\n  text: prod\n  gone: null\n  more: {a: b}\n  image: {repository: registry.example.com/shop/web, digest: null}\nout: {enabled: false}\n",
		"charts/web/Chart.yaml":       "apiVersion: v2\nname: web\nversion: 0.1.0\n",
		"charts/web/values.yaml":      "text: base\ngone: {x: y}\nimage: {repository: localhost:5000/web, tag: v1, digest: sha256:base}\n",
		"charts/web/templates/c.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {text: {{ .Values.text }}, gone: '{{ toJson .Values.gone }}', more: '{{ toJson .Values.more }}', image: '{{ toJson .Values.image }}'}\n",
		"charts/out/Chart.yaml":       "apiVersion: v2\nname: out\nversion: 0.1.0\n",
		"charts/out/values.yaml":      "image: {repository: registry.example.com/shop/out, tag: latest}\n",
	} {
		files = append(files, &loader.BufferedFile{Name: name, Data: []byte(text)})
	}
	return loader.LoadFiles(files)
}

func environmentValues(t *testing.T) map[string]any {
	t.Helper()
	c, err := withEnvironment()
	if err != nil {
		t.Fatal(err)
	}
	values, err := deploy.FileValues(c, "values-prod.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return values
}

// TestPinInAnEnvironment holds that the image that the environment's values say is pinned, at the environment's registry.
func TestPinInAnEnvironment(t *testing.T) {
	resolve := func(_ context.Context, ref string) (string, error) { return "digest of " + ref, nil }
	c, err := withEnvironment()
	if err != nil {
		t.Fatal(err)
	}
	values := environmentValues(t)
	got, err := deploy.Pin(t.Context(), c, values, "registry.example.com/shop", resolve)
	if err != nil {
		t.Fatal(err)
	}
	web, _ := got["web"].(map[string]any)
	want := map[string]any{"repository": "registry.example.com/shop/web", "digest": "digest of registry.example.com/shop/web:v1"}
	if !reflect.DeepEqual(web["image"], want) || web["text"] != "prod" {
		t.Errorf("prod gets %v", got)
	}
	if gone, there := web["gone"]; !there || gone != nil {
		t.Errorf("the null is lost: %v", web)
	}
	if !reflect.DeepEqual(values, environmentValues(t)) {
		t.Errorf("the given values were changed: %v", values)
	}
	if got, err = deploy.Pin(t.Context(), c, nil, "localhost:5000", resolve); err != nil || len(got) > 0 {
		t.Errorf("a digest that the chart names is replaced by %v, %v", got, err)
	}
	var missing *deploy.MissingValuesError
	if _, err := deploy.FileValues(c, "values-test.yaml"); !errors.As(err, &missing) || err.Error() != "the chart shop has no values-test.yaml\nnext: factory sync" {
		t.Error(err)
	}
}

// TestDeployOfAnEnvironment holds that the values of an environment reach the cluster, nulls included, and that a second deploy
// writes nothing.
func TestDeployOfAnEnvironment(t *testing.T) {
	cluster := clustertest.Cluster(t)
	opts := deploy.Options{
		Cluster: cluster, Name: "shop", Namespace: clustertest.Name(t, cluster), Chart: withEnvironment, Timeout: 30 * time.Second,
		MadeBy: "test", Values: environmentValues(t),
	}
	for i, changed := range []bool{true, false} {
		if result := apply(t, opts); result.Changed != changed || result.Revision != 1 {
			t.Errorf("deploy %d is revision %d, changed %v", i+1, result.Revision, result.Changed)
		}
	}
	made, err := client(t, opts).CoreV1().ConfigMaps(opts.Namespace).Get(t.Context(), "web", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"text": "prod", "gone": "null", "more": `{"a":"b"}`, "image": `{"repository":"registry.example.com/shop/web","tag":"v1"}`}
	if !reflect.DeepEqual(made.Data, want) {
		t.Errorf("the cluster has %v", made.Data)
	}
}
