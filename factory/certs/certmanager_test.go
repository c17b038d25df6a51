package certs_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"

	"github.com/helm-chart-factory/factory/factory/kube"
)

func resource(name string) schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: "cert-manager.io", Version: "v1", Resource: name}
}

// playCertManager does what cert-manager's pods would, since no pods run on the tests' API server: its webhook lets
// everything pass, and what asks to be issued is.
func playCertManager(t *testing.T, cluster *kube.Cluster) {
	t.Helper()
	client, err := cluster.Dynamic()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan struct{})
	t.Cleanup(func() { cancel(); <-stopped })
	go func() {
		defer close(stopped)
		for ctx.Err() == nil {
			openWebhooks(ctx, client)
			for _, kind := range []string{"certificates", "issuers", "clusterissuers"} {
				markReady(ctx, client, resource(kind))
			}
			time.Sleep(50 * time.Millisecond)
		}
	}()
}

func openWebhooks(ctx context.Context, client dynamic.Interface) {
	patch := `[{"op":"replace","path":"/webhooks/0/failurePolicy","value":"Ignore"},{"op":"replace","path":"/webhooks/0/timeoutSeconds","value":1}]`
	for _, kind := range []string{"validatingwebhookconfigurations", "mutatingwebhookconfigurations"} {
		all := client.Resource(schema.GroupVersionResource{Group: "admissionregistration.k8s.io", Version: "v1", Resource: kind})
		// It is not there before the install and after the uninstall.
		_, _ = all.Patch(ctx, "cert-manager-webhook", types.JSONPatchType, []byte(patch), metav1.PatchOptions{})
	}
}

func markReady(ctx context.Context, client dynamic.Interface, kind schema.GroupVersionResource) {
	list, err := client.Resource(kind).List(ctx, metav1.ListOptions{})
	if err != nil {
		return
	}
	for i := range list.Items {
		u := &list.Items[i]
		patch, err := json.Marshal(map[string]any{"status": map[string]any{"conditions": []any{map[string]any{
			"type": "Ready", "status": "True", "reason": "Played", "observedGeneration": u.GetGeneration(),
			"lastTransitionTime": time.Now().UTC().Format(time.RFC3339),
		}}}})
		if err != nil {
			return
		}
		var object dynamic.ResourceInterface = client.Resource(kind)
		if u.GetNamespace() != "" {
			object = client.Resource(kind).Namespace(u.GetNamespace())
		}
		_, _ = object.Patch(ctx, u.GetName(), types.MergePatchType, patch, metav1.PatchOptions{}, "status")
	}
}
