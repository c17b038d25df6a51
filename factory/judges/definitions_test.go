//go:build e2e

package judges

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/dynamic"

	"github.com/helm-chart-factory/factory/factory/clustertest"
)

// definitionSources are the projects whose custom resources charts hold: a module, and where it keeps the definitions.
func definitionSources() map[string]string {
	return map[string]string{
		"github.com/cert-manager/cert-manager@v1.21.2":               "deploy/crds/*.yaml",
		"sigs.k8s.io/gateway-api@v1.6.3":                             "config/crd/standard/*routes.yaml",
		"github.com/prometheus-operator/prometheus-operator@v0.85.0": "example/prometheus-operator-crd/*s*.yaml",
		"github.com/external-secrets/external-secrets@v1.3.2":        "config/crds/bases/external-secrets.io_externalsecrets.yaml",
		"istio.io/api@v1.32.0":                                       "kubernetes/customresourcedefinitions.gen.yaml",
	}
}

// definitions are the custom resources of all these projects that a chart of factory's can hold.
func definitions(t *testing.T) []apiextensions.CustomResourceDefinition {
	t.Helper()
	kinds := []string{"Certificate", "ClusterIssuer", "Issuer", "HTTPRoute", "GRPCRoute", "ServiceMonitor", "PrometheusRule", "ExternalSecret", "PeerAuthentication"}
	var out []apiextensions.CustomResourceDefinition
	for module, glob := range definitionSources() {
		files, err := filepath.Glob(filepath.Join(moduleDir(t, module), filepath.FromSlash(glob)))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s has no %s (%v)", module, glob, err)
		}
		for _, file := range files {
			for _, crd := range readDefinitions(t, file) {
				if slices.Contains(kinds, crd.Spec.Names.Kind) {
					out = append(out, crd)
				}
			}
		}
	}
	if len(out) != len(kinds) {
		t.Fatalf("%d definitions of the %d that are wanted", len(out), len(kinds))
	}
	return out
}

func readDefinitions(t *testing.T, file string) []apiextensions.CustomResourceDefinition {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out []apiextensions.CustomResourceDefinition
	documents := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(content), 1<<20)
	for {
		var crd apiextensions.CustomResourceDefinition
		err := documents.Decode(&crd)
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if crd.Kind == "CustomResourceDefinition" {
			out = append(out, crd)
		}
	}
}

// install makes the API server know them. No controller and no webhook is behind them.
func install(t *testing.T, all []apiextensions.CustomResourceDefinition) {
	t.Helper()
	config, err := clustertest.Cluster(t).ToRESTConfig()
	if err != nil {
		t.Fatal(err)
	}
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	known := client.Resource(schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"})
	for i := range all {
		all[i].Spec.Conversion = nil // a webhook, where there is one
		content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(&all[i])
		if err != nil {
			t.Fatal(err)
		}
		_, err = known.Create(t.Context(), &unstructured.Unstructured{Object: content}, metav1.CreateOptions{})
		if err != nil && !apierrors.IsAlreadyExists(err) {
			t.Fatal(err)
		}
	}
	for i := range all {
		name := all[i].Name
		err := wait.PollUntilContextTimeout(t.Context(), 50*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
			u, err := known.Get(ctx, name, metav1.GetOptions{})
			if err != nil {
				return false, err
			}
			conditions, _, err := unstructured.NestedSlice(u.Object, "status", "conditions")
			return slices.ContainsFunc(conditions, func(c any) bool {
				condition := c.(map[string]any)
				return condition["type"] == "Established" && condition["status"] == "True"
			}), err
		})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
}
