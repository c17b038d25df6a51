package certs

import (
	"context"
	"fmt"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/helm-chart-factory/factory/factory/kube"
)

var (
	crds           = schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"}
	certificates   = schema.GroupVersionResource{Group: "cert-manager.io", Version: "v1", Resource: "certificates"}
	issuers        = schema.GroupVersionResource{Group: "cert-manager.io", Version: "v1", Resource: "issuers"}
	clusterIssuers = schema.GroupVersionResource{Group: "cert-manager.io", Version: "v1", Resource: "clusterissuers"}
)

// controller is a cert-manager that is on the cluster.
type controller struct{ namespace, version string }

// findController looks for cert-manager's Deployment in all namespaces, however it was brought; nil when there is none.
func findController(ctx context.Context, cluster *kube.Cluster) (*controller, error) {
	client, err := cluster.Client()
	if err != nil {
		return nil, err
	}
	list, err := client.AppsV1().Deployments("").List(ctx, metav1.ListOptions{
		LabelSelector: "app.kubernetes.io/name=cert-manager,app.kubernetes.io/component=controller",
	})
	if err != nil {
		return nil, fmt.Errorf("looking for cert-manager: %w", err)
	}
	if len(list.Items) == 0 {
		return nil, nil
	}
	found := &list.Items[0]
	version := found.Labels["app.kubernetes.io/version"]
	if version == "" && len(found.Spec.Template.Spec.Containers) > 0 {
		_, version, _ = strings.Cut(found.Spec.Template.Spec.Containers[0].Image, ":")
	}
	return &controller{namespace: found.Namespace, version: version}, nil
}

// foreignCRDs tells whether cert-manager's CRDs are there without belonging to our release, which may then not write them.
func foreignCRDs(ctx context.Context, cluster *kube.Cluster) (bool, error) {
	client, err := cluster.Dynamic()
	if err != nil {
		return false, err
	}
	crd, err := client.Resource(crds).Get(ctx, "certificates.cert-manager.io", metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("looking for cert-manager's CRDs: %w", err)
	}
	notes := crd.GetAnnotations()
	return notes["meta.helm.sh/release-name"] != releaseName || notes["meta.helm.sh/release-namespace"] != namespace, nil
}

// Answers returns nil when cert-manager accepts a Certificate: its webhook is called, and nothing is stored. The namespace
// has to exist.
func Answers(ctx context.Context, cluster *kube.Cluster, namespace string) error {
	client, err := cluster.Dynamic()
	if err != nil {
		return err
	}
	probe := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "cert-manager.io/v1",
		"kind":       "Certificate",
		"metadata":   map[string]any{"name": "factory-probe"},
		"spec": map[string]any{
			"secretName": "factory-probe",
			"dnsNames":   []any{"probe.local"},
			"issuerRef":  map[string]any{"name": "probe", "kind": "Issuer"},
		},
	}}
	_, err = client.Resource(certificates).Namespace(namespace).Create(ctx, probe, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	return err
}

// answering waits until cert-manager answers.
func answering(ctx context.Context, cluster *kube.Cluster, namespace string) error {
	for {
		err := Answers(ctx, cluster, namespace)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("cert-manager does not accept certificates: %w\nnext: kubectl -n %s get pods; kubectl -n %s logs deploy/cert-manager-webhook", err, namespace, namespace)
		case <-time.After(250 * time.Millisecond):
		}
	}
}
