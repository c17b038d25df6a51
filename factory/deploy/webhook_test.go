package deploy_test

import (
	"maps"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/helm-chart-factory/factory/factory/clustertest"
	"github.com/helm-chart-factory/factory/factory/deploy"
	"github.com/helm-chart-factory/factory/factory/deploy/plan"
)

// A webhook that comes between two deploys refuses the second; the pods run on, and without it the third goes through.
func TestAWebhookThatRefusesLosesNothing(t *testing.T) {
	opts := options(t)
	clustertest.RunPods(t, opts.Cluster, opts.Namespace, nil)
	apply(t, opts)
	kept := keptThings(t, opts)

	opts.Values = map[string]any{"web": map[string]any{"image": map[string]any{"digest": digest('b')}}}
	asked := opts
	webhook(t, &asked, refusing(t))
	refused := func() bool {
		for _, object := range preview(t, opts).Objects {
			if object.Refused != nil && object.Refused.Reason == plan.Webhook {
				return true
			}
		}
		return false
	}
	for !refused() && t.Context().Err() == nil { // the API server takes notice a moment later
	}
	var found *deploy.Evidence
	opts.Failed = func(e *deploy.Evidence) { found = e }
	_, err := deploy.Apply(t.Context(), opts)
	if err == nil || !strings.Contains(err.Error(), "not on a Friday") || found == nil || found.Findings[0].Object != "deployment/web" {
		t.Fatalf("it ended with %v, evidence %+v", err, found)
	}
	if now := keptThings(t, opts); !maps.Equal(now, kept) {
		t.Errorf("after the refusal %v became %v", kept, now)
	}

	configurations := client(t, opts).AdmissionregistrationV1().ValidatingWebhookConfigurations()
	if err := configurations.Delete(t.Context(), opts.Namespace, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	for refused() && t.Context().Err() == nil {
	}
	if result := apply(t, opts); !result.Changed || result.Revision != 3 {
		t.Errorf("got %+v, want revision 3", result)
	}
	wantReleases(t, opts, "1 superseded, 2 failed, 3 deployed")
	now := keptThings(t, opts)
	for name, id := range kept {
		if now[name] != id && !strings.HasPrefix(name, "pod web-") {
			t.Errorf("%s was %s and is %q", name, id, now[name])
		}
	}
}

// keptThings are the pods, claims and Secrets of a release, by name, each with what tells it from another.
func keptThings(t *testing.T, opts deploy.Options) map[string]string {
	t.Helper()
	core, things := client(t, opts).CoreV1(), map[string]string{}
	pods, err := core.Pods(opts.Namespace).List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, pod := range pods.Items {
		things["pod "+pod.Name] = string(pod.UID)
	}
	claims, err := core.PersistentVolumeClaims(opts.Namespace).List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, claim := range claims.Items {
		things["claim "+claim.Name] = string(claim.UID)
	}
	secret, err := core.Secrets(opts.Namespace).Get(t.Context(), "db", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	things["password"] = string(secret.Data["password"])
	return things
}
