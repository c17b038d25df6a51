package certs_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/helm-chart-factory/factory/factory/certs"
	"github.com/helm-chart-factory/factory/factory/clustertest"
	"github.com/helm-chart-factory/factory/factory/deploy"
	"github.com/helm-chart-factory/factory/factory/kube"
)

const timeout = time.Minute

func install(t *testing.T, cluster *kube.Cluster, kind string) *certs.Result {
	t.Helper()
	result, err := certs.Install(t.Context(), certs.Options{
		Cluster: cluster, Issuer: certs.Issuer{Name: "factory-self-ca", Type: kind}, Timeout: timeout, MadeBy: "up",
	})
	if err != nil {
		t.Fatalf("install: %v", err)
	}
	return result
}

func uninstall(t *testing.T, cluster *kube.Cluster, madeBy string) []string {
	t.Helper()
	removed, err := certs.Uninstall(t.Context(), certs.UninstallOptions{Cluster: cluster, MadeBy: madeBy, Timeout: timeout})
	if err != nil {
		t.Fatalf("uninstall: %v", err)
	}
	return removed
}

// TestLifeOfCertManager goes through what happens to the one cert-manager that a cluster can have, in order.
func TestLifeOfCertManager(t *testing.T) {
	cluster := clustertest.Cluster(t)
	playCertManager(t, cluster)
	clustertest.RunPods(t, cluster, "cert-manager", nil)
	version, err := certs.Version()
	if err != nil {
		t.Fatal(err)
	}
	client, err := cluster.Dynamic()
	if err != nil {
		t.Fatal(err)
	}
	steps := []struct {
		name string
		do   func(t *testing.T)
	}{
		{"it is installed", func(t *testing.T) {
			if result := install(t, cluster, "selfSigned"); result.Version != version || !result.Changed || result.Found {
				t.Errorf("got %+v", result)
			}
			wantRevisions(t, cluster, 1, 1)
		}},
		{"a second call writes nothing", func(t *testing.T) {
			if result := install(t, cluster, "selfSigned"); result.Changed {
				t.Errorf("got %+v", result)
			}
			wantRevisions(t, cluster, 1, 1)
		}},
		{"another type of issuer changes the issuer alone", func(t *testing.T) {
			if result := install(t, cluster, "ca"); !result.Changed {
				t.Errorf("got %+v", result)
			}
			wantRevisions(t, cluster, 1, 2)
			issuer, err := client.Resource(resource("clusterissuers")).Get(t.Context(), "factory-self-ca", metav1.GetOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if secret, _, _ := unstructured.NestedString(issuer.Object, "spec", "ca", "secretName"); secret != "factory-self-ca" {
				t.Errorf("spec of the issuer: %v", issuer.Object["spec"])
			}
			if _, both, _ := unstructured.NestedMap(issuer.Object, "spec", "selfSigned"); both {
				t.Error("the issuer is still selfSigned, too")
			}
		}},
		{"somebody else's uninstall leaves it alone", func(t *testing.T) {
			if removed := uninstall(t, cluster, "deploy"); len(removed) > 0 {
				t.Errorf("removed %v", removed)
			}
		}},
		{"it stays while another's certificate relies on it", func(t *testing.T) {
			name := clustertest.Namespace(t, cluster)
			theirs := &unstructured.Unstructured{Object: map[string]any{
				"apiVersion": "cert-manager.io/v1", "kind": "Certificate", "metadata": map[string]any{"name": "theirs"},
				"spec": map[string]any{"secretName": "theirs", "dnsNames": []any{"x.local"}, "issuerRef": map[string]any{"name": "x"}},
			}}
			theirCertificates := client.Resource(resource("certificates")).Namespace(name)
			if _, err := theirCertificates.Create(t.Context(), theirs, metav1.CreateOptions{}); err != nil {
				t.Fatal(err)
			}
			if removed := uninstall(t, cluster, "up"); len(removed) > 0 {
				t.Errorf("removed %v", removed)
			}
			if err := theirCertificates.Delete(t.Context(), "theirs", metav1.DeleteOptions{}); err != nil {
				t.Fatal(err)
			}
		}},
		{"uninstalling keeps the CRDs of a cluster that factory did not make", func(t *testing.T) {
			removed := uninstall(t, cluster, "up")
			for _, want := range []string{"release/factory-issuer", "release/cert-manager", "namespace/cert-manager"} {
				if !slices.Contains(removed, want) {
					t.Errorf("removed %v, want %s among them", removed, want)
				}
			}
			if _, err := client.Resource(resource("certificates")).List(t.Context(), metav1.ListOptions{}); err != nil {
				t.Errorf("the CRDs are gone: %v", err)
			}
		}},
		{"a cert-manager of somebody else is used and not touched", func(t *testing.T) {
			home := foreignCertManager(t, cluster)
			result := install(t, cluster, "selfSigned")
			if !result.Found || result.Version != "v1.15.0" || result.Namespace != home {
				t.Errorf("got %+v", result)
			}
			if stored, err := deploy.Find(t.Context(), cluster, "cert-manager", "cert-manager"); stored != nil || err != nil {
				t.Errorf("a release of our own: %+v %v", stored, err)
			}
			if removed := uninstall(t, cluster, "up"); !slices.Equal(removed, []string{"release/factory-issuer"}) {
				t.Errorf("removed %v", removed)
			}
		}},
	}
	for _, step := range steps {
		if !t.Run(step.name, step.do) {
			return
		}
	}
}

func wantRevisions(t *testing.T, cluster *kube.Cluster, manager, issuer int) {
	t.Helper()
	for name, want := range map[string]int{"cert-manager": manager, "factory-issuer": issuer} {
		stored, err := deploy.Find(t.Context(), cluster, name, "cert-manager")
		if err != nil || stored == nil || stored.Revision != want || stored.MadeBy != "up" {
			t.Errorf("release %s: %+v %v, want revision %d made by up", name, stored, err, want)
		}
	}
}

// foreignCertManager is one that somebody brought by other means, in a namespace of their choice.
func foreignCertManager(t *testing.T, cluster *kube.Cluster) string {
	t.Helper()
	namespace := clustertest.Namespace(t, cluster)
	client, err := cluster.Client()
	if err != nil {
		t.Fatal(err)
	}
	labels := map[string]string{"app.kubernetes.io/name": "cert-manager", "app.kubernetes.io/component": "controller", "app.kubernetes.io/version": "v1.15.0"}
	_, err = client.AppsV1().Deployments(namespace).Create(t.Context(), &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "theirs", Labels: labels},
		Spec: appsv1.DeploymentSpec{
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "x", Image: "example.invalid/x"}}}},
		},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return namespace
}

func TestTrustIsTheRootWhereThereIsOne(t *testing.T) {
	cluster := clustertest.Cluster(t)
	namespace := clustertest.Namespace(t, cluster)
	client, err := cluster.Client()
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string]map[string][]byte{
		"signed": {"ca.crt": []byte("root"), "tls.crt": []byte("leaf"), "tls.key": []byte("key")},
		"self":   {"tls.crt": []byte("leaf"), "tls.key": []byte("key")},
		"empty":  {"other": []byte("x")},
	} {
		secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: name}, Data: data}
		if _, err := client.CoreV1().Secrets(namespace).Create(t.Context(), secret, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	for secret, want := range map[string]string{"signed": "root", "self": "leaf"} {
		if got, err := certs.Trust(t.Context(), cluster, namespace, secret); err != nil || string(got) != want {
			t.Errorf("%s: %q %v, want %q", secret, got, err, want)
		}
	}
	if _, err := certs.Trust(t.Context(), cluster, namespace, "empty"); err == nil || !strings.Contains(err.Error(), "holds no certificate") {
		t.Errorf("empty: %v", err)
	}
	if _, err := certs.Trust(t.Context(), cluster, namespace, "none"); !apierrors.IsNotFound(err) {
		t.Errorf("none: %v", err)
	}
}
