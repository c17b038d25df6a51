package certs

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/helm-chart-factory/factory/factory/deploy"
	"github.com/helm-chart-factory/factory/factory/kube"
)

// webhookCA is the Secret that cert-manager's webhook makes for itself and leaves behind.
const webhookCA = "cert-manager-webhook-ca"

// UninstallOptions says what may be taken away.
type UninstallOptions struct {
	Cluster *kube.Cluster
	// MadeBy limits it to releases that carry this label value.
	MadeBy  string
	Timeout time.Duration
	Say     func(format string, args ...any)
}

// Uninstall takes away the issuer and the cert-manager that MadeBy brought, and returns what it removed as kind/name. A
// cert-manager that others' certificates or issuers rely on stays. Its CRDs go only on a cluster that factory made.
func Uninstall(ctx context.Context, opts UninstallOptions) (removed []string, err error) {
	if opts.Say == nil {
		opts.Say = func(string, ...any) {}
	}
	found, err := findController(ctx, opts.Cluster)
	if err != nil {
		return nil, err
	}
	home := namespace
	if found != nil {
		home = found.namespace
	}
	take := func(name, namespace string, everything bool) error {
		stored, err := deploy.Find(ctx, opts.Cluster, name, namespace)
		if err != nil || stored == nil || stored.MadeBy != opts.MadeBy {
			return err
		}
		destroyed, err := deploy.Destroy(ctx, deploy.DestroyOptions{
			Cluster: opts.Cluster, Name: name, Namespace: namespace, Volumes: everything, Leftovers: []string{webhookCA}, Timeout: opts.Timeout, Say: opts.Say,
		})
		if destroyed != nil {
			removed = append(removed, destroyed.Removed...)
		}
		return err
	}
	if err := take(issuerRelease, home, false); err != nil {
		return removed, err
	}
	user, err := reliesOnIt(ctx, opts.Cluster)
	if err != nil {
		return removed, err
	}
	if user != "" {
		opts.Say("cert-manager stays: %s relies on it", user)
		return removed, nil
	}
	if err := take(releaseName, namespace, true); err != nil {
		return removed, err
	}
	return removed, removeCRDs(ctx, opts, &removed)
}

// reliesOnIt names something of cert-manager's that is still on the cluster, or returns "".
func reliesOnIt(ctx context.Context, cluster *kube.Cluster) (string, error) {
	client, err := cluster.Dynamic()
	if err != nil {
		return "", err
	}
	for _, resource := range []schema.GroupVersionResource{certificates, issuers, clusterIssuers} {
		list, err := client.Resource(resource).List(ctx, metav1.ListOptions{Limit: 1})
		if apierrors.IsNotFound(err) || meta.IsNoMatchError(err) {
			continue
		}
		if err != nil {
			return "", fmt.Errorf("looking for %s: %w", resource.Resource, err)
		}
		if len(list.Items) > 0 {
			return fmt.Sprintf("%s/%s in namespace %q", list.Items[0].GetKind(), list.Items[0].GetName(), list.Items[0].GetNamespace()), nil
		}
	}
	return "", nil
}

func removeCRDs(ctx context.Context, opts UninstallOptions, removed *[]string) error {
	foreign, err := foreignCRDs(ctx, opts.Cluster)
	if err != nil || foreign || !opts.Cluster.Ours() {
		return err
	}
	client, err := opts.Cluster.Dynamic()
	if err != nil {
		return err
	}
	list, err := client.Resource(crds).List(ctx, metav1.ListOptions{LabelSelector: "app.kubernetes.io/instance=" + releaseName + ",app.kubernetes.io/component=crds"})
	if err != nil {
		return fmt.Errorf("looking for cert-manager's CRDs: %w", err)
	}
	for _, crd := range list.Items {
		if err := client.Resource(crds).Delete(ctx, crd.GetName(), metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
			return fmt.Errorf("removing CRD %q: %w", crd.GetName(), err)
		}
		*removed = append(*removed, "customresourcedefinition/"+crd.GetName())
	}
	opts.Cluster.Forget()
	return nil
}
