package doctor_test

import (
	"context"
	"testing"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/utils/ptr"

	"github.com/helm-chart-factory/factory/factory/certs"
	"github.com/helm-chart-factory/factory/factory/clustertest"
	"github.com/helm-chart-factory/factory/factory/doctor"
	"github.com/helm-chart-factory/factory/factory/kube"
)

var (
	definitions    = schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"}
	clusterIssuers = schema.GroupVersionResource{Group: "cert-manager.io", Version: "v1", Resource: "clusterissuers"}
)

func TestCertManagerAndItsIssuer(t *testing.T) {
	o, _ := on(t, shop(t, "ingress: {host: shop.test, tls: true}\n"))
	none, _ := on(t, shop(t, ""))
	wantNotHere(t, result(t, none, "api-server", "cert-manager"), "no service asks for a certificate")

	absent := result(t, o, "api-server", "cert-manager")
	wantFailed(t, absent, "does not know certificates", "no certificate is made or renewed", "factory install-cert-manager")
	if absent.Detail != "cert-manager is not installed" || absent.Problems[0].Safe {
		t.Errorf("%s, safe %v: what belongs to all of another's cluster is not installed by --fix", absent.Detail, absent.Problems[0].Safe)
	}
	dyn, err := clustertest.Cluster(t).Dynamic()
	if err != nil {
		t.Fatal(err)
	}
	define(t, dyn, "Certificate", "certificates", "Namespaced")
	define(t, dyn, "ClusterIssuer", "clusterissuers", "Cluster")
	wantPassed(t, result(t, o, "api-server", "cert-manager"), "it accepts a certificate")

	checks := []string{"api-server", "cert-manager", "issuer"}
	wantFailed(t, result(t, o, checks...), "there is no ClusterIssuer factory-self-ca", "never issued", "factory install-cert-manager")
	made := makeIssuer(t, dyn, "factory-self-ca")
	wantFailed(t, result(t, o, checks...), "ClusterIssuer factory-self-ca is not Ready: cert-manager has not looked at it yet")
	made("False", "secret \"root\" not found")
	wantFailed(t, result(t, o, checks...), `ClusterIssuer factory-self-ca is not Ready: secret "root" not found`)
	made("True", "")
	wantPassed(t, result(t, o, checks...), "ClusterIssuer factory-self-ca")

	other, _ := on(t, shop(t, "ingress: {host: shop.test, tls: {issuer: letsencrypt}}\n"))
	wantFailed(t, result(t, other, checks...), "there is no ClusterIssuer letsencrypt", "make it, or correct its name in the spec")
}

// TestWebhookGone has the API server call a webhook that nobody serves, as cert-manager's is after its pods are gone.
func TestWebhookGone(t *testing.T) {
	o, client := on(t, shop(t, "ingress: {host: shop.test, tls: true}\n"))
	dyn, err := clustertest.Cluster(t).Dynamic()
	if err != nil {
		t.Fatal(err)
	}
	define(t, dyn, "Certificate", "certificates", "Namespaced")
	namespace := clustertest.Namespace(t, clustertest.Cluster(t))
	labels := map[string]string{"app.kubernetes.io/name": "webhook", "app.kubernetes.io/component": "webhook"}
	must(client.AppsV1().Deployments(namespace).Create(t.Context(), &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "cert-manager-webhook", Labels: labels},
		Spec: appsv1.DeploymentSpec{
			Replicas: ptr.To[int32](0), Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "webhook", Image: "example.invalid/webhook:1"}}},
			},
		},
	}, metav1.CreateOptions{}))
	hooks := client.AdmissionregistrationV1().ValidatingWebhookConfigurations()
	must(hooks.Create(t.Context(), &admissionv1.ValidatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: "cert-manager-webhook"},
		Webhooks: []admissionv1.ValidatingWebhook{{
			Name: "webhook.cert-manager.io", AdmissionReviewVersions: []string{"v1"}, SideEffects: ptr.To(admissionv1.SideEffectClassNone),
			ClientConfig: admissionv1.WebhookClientConfig{URL: ptr.To("https://127.0.0.1:1/validate")},
			Rules: []admissionv1.RuleWithOperations{{
				Operations: []admissionv1.OperationType{admissionv1.Create},
				Rule:       admissionv1.Rule{APIGroups: []string{"cert-manager.io"}, APIVersions: []string{"v1"}, Resources: []string{"certificates"}},
			}},
		}},
	}, metav1.CreateOptions{}))
	t.Cleanup(func() { _ = hooks.Delete(context.Background(), "cert-manager-webhook", metav1.DeleteOptions{}) })
	var got doctor.Result
	eventually(t, func() bool {
		got = result(t, o, "api-server", "cert-manager")
		return got.Outcome == doctor.Failed
	})
	wantFailed(t, got, `failed calling webhook "webhook.cert-manager.io"`, "deployment "+namespace+"/cert-manager-webhook has 0 of 0 pods ready",
		" -n "+namespace+" scale deployment/cert-manager-webhook --replicas=1")
}

// TestFixInstallsCertManager on a cluster of this machine.
func TestFixInstallsCertManager(t *testing.T) {
	o, client := on(t, shop(t, "ingress: {host: localhost, tls: true}\n"))
	addNode(t, client, ready)
	cluster := clustertest.Cluster(t)
	cluster.Kind = kube.Embedded
	o.Connect = func(context.Context) (*kube.Cluster, error) { return cluster, nil }
	o.IngressAddress = func(context.Context, *kube.Cluster) (string, error) { return "127.0.0.1", nil }
	o.Say = func(string, ...any) {}
	dyn, err := cluster.Dynamic()
	if err != nil {
		t.Fatal(err)
	}
	o.InstallCertManager = func(context.Context, *kube.Cluster) (*certs.Result, error) {
		define(t, dyn, "Certificate", "certificates", "Namespaced")
		define(t, dyn, "ClusterIssuer", "clusterissuers", "Cluster")
		makeIssuer(t, dyn, "factory-self-ca")("True", "")
		return &certs.Result{Version: "v1", Issuer: "factory-self-ca"}, nil
	}
	report := doctor.Cure(t.Context(), o)
	did := ""
	for _, fix := range report.Fixes {
		if fix.Check == "cert-manager" {
			did = fix.Did
		}
	}
	if did != "cert-manager v1 answers, issuer factory-self-ca is Ready" {
		t.Errorf("fixes %+v", report.Fixes)
	}
	for _, check := range report.Checks {
		if check.ID == "issuer" {
			wantPassed(t, check, "ClusterIssuer factory-self-ca")
		}
	}
}

// define makes a kind of cert-manager's that takes anything, and waits until it is served.
func define(t *testing.T, client dynamic.Interface, kind, plural, scope string) {
	t.Helper()
	u := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
		"metadata": map[string]any{"name": plural + ".cert-manager.io"},
		"spec": map[string]any{
			"group": "cert-manager.io", "scope": scope, "names": map[string]any{"kind": kind, "plural": plural},
			"versions": []any{map[string]any{
				"name": "v1", "served": true, "storage": true,
				"schema": map[string]any{"openAPIV3Schema": map[string]any{"type": "object", "x-kubernetes-preserve-unknown-fields": true}},
			}},
		},
	}}
	if _, err := client.Resource(definitions).Create(t.Context(), u, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = client.Resource(definitions).Delete(context.Background(), u.GetName(), metav1.DeleteOptions{})
		eventually(t, func() bool {
			_, err := client.Resource(definitions).Get(context.Background(), u.GetName(), metav1.GetOptions{})
			return err != nil
		})
	})
	served := schema.GroupVersionResource{Group: "cert-manager.io", Version: "v1", Resource: plural}
	eventually(t, func() bool {
		_, err := client.Resource(served).List(context.Background(), metav1.ListOptions{})
		return err == nil
	})
}

// makeIssuer makes a ClusterIssuer, and returns what sets its Ready condition.
func makeIssuer(t *testing.T, client dynamic.Interface, name string) func(status, message string) {
	t.Helper()
	u := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "cert-manager.io/v1", "kind": "ClusterIssuer", "metadata": map[string]any{"name": name}, "spec": map[string]any{"selfSigned": map[string]any{}},
	}}
	issuer, err := client.Resource(clusterIssuers).Create(t.Context(), u, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Resource(clusterIssuers).Delete(context.Background(), name, metav1.DeleteOptions{}) })
	return func(status, message string) {
		t.Helper()
		issuer.Object["status"] = map[string]any{"conditions": []any{map[string]any{"type": "Ready", "status": status, "message": message}}}
		if issuer, err = client.Resource(clusterIssuers).Update(t.Context(), issuer, metav1.UpdateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
}
