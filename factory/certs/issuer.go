package certs

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	data "github.com/helm-chart-factory/factory/certs"
	"github.com/helm-chart-factory/factory/factory/deploy"
	"github.com/helm-chart-factory/factory/factory/kube"
)

// ensureIssuer releases the issuer's chart into cert-manager's namespace, where it looks for the Secrets of
// ClusterIssuers. An issuer of that name that somebody else made is used when it is Ready.
func ensureIssuer(ctx context.Context, opts Options, namespace string) (changed bool, err error) {
	client, err := opts.Cluster.Dynamic()
	if err != nil {
		return false, err
	}
	existing, err := client.Resource(clusterIssuers).Get(ctx, opts.Issuer.Name, metav1.GetOptions{})
	if err != nil && !apierrors.IsNotFound(err) {
		return false, err
	}
	if err == nil && existing.GetAnnotations()["meta.helm.sh/release-name"] != issuerRelease {
		if !ready(existing) {
			return false, fmt.Errorf("ClusterIssuer %s was made by somebody else and is not Ready\nnext: kubectl describe clusterissuer %s", opts.Issuer.Name, opts.Issuer.Name)
		}
		opts.Say("ClusterIssuer %s is there already: using it as it is", opts.Issuer.Name)
		return false, nil
	}
	applied, err := deploy.Apply(ctx, deploy.Options{
		Cluster: opts.Cluster, Name: issuerRelease, Namespace: namespace, Chart: deploy.FromFS(data.Files, "issuer"),
		Values:  map[string]any{"name": opts.Issuer.Name, "type": opts.Issuer.Type},
		Timeout: opts.Timeout, MadeBy: opts.MadeBy, Show: opts.Show, Failed: opts.Failed, Say: opts.Say,
	})
	if err != nil {
		return false, err
	}
	return applied.Changed, nil
}

func ready(u *unstructured.Unstructured) bool {
	conditions, _, _ := unstructured.NestedSlice(u.Object, "status", "conditions")
	for _, entry := range conditions {
		if c, ok := entry.(map[string]any); ok && c["type"] == "Ready" {
			return c["status"] == "True"
		}
	}
	return false
}

// IssuerStatus is how a ClusterIssuer is.
type IssuerStatus struct {
	Found, Ready bool
	// Message is what cert-manager says of it.
	Message string
}

// LookAtIssuer returns how the ClusterIssuer of that name is.
func LookAtIssuer(ctx context.Context, cluster *kube.Cluster, name string) (IssuerStatus, error) {
	client, err := cluster.Dynamic()
	if err != nil {
		return IssuerStatus{}, err
	}
	found, err := client.Resource(clusterIssuers).Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return IssuerStatus{}, nil
	}
	if err != nil {
		return IssuerStatus{}, fmt.Errorf("looking for ClusterIssuer %s: %w", name, err)
	}
	return IssuerStatus{Found: true, Ready: ready(found), Message: message(found)}, nil
}

// message is what the Ready condition says.
func message(u *unstructured.Unstructured) string {
	conditions, _, _ := unstructured.NestedSlice(u.Object, "status", "conditions")
	for _, entry := range conditions {
		if c, ok := entry.(map[string]any); ok && c["type"] == "Ready" {
			text, _ := c["message"].(string)
			return text
		}
	}
	return "cert-manager has not looked at it yet"
}
