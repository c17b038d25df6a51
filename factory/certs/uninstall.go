package certs

import (
	"context"
	"fmt"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
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
	home := namespace
	if found, err := findController(ctx, opts.Cluster); err != nil {
		return nil, err
	} else if found != nil {
		home = found.namespace
	}
	issuer, err := theirs(ctx, opts, issuerRelease, home)
	if err != nil {
		return nil, err
	}
	manager, err := theirs(ctx, opts, releaseName, namespace)
	if err != nil || issuer == nil && manager == nil {
		return nil, err
	}
	if user, err := reliesOnIt(ctx, opts.Cluster); err != nil {
		return nil, err
	} else if user != "" {
		opts.Say("cert-manager stays: %s relies on it", user)
		return nil, nil
	}
	for _, stored := range []*deploy.Release{issuer, manager} {
		if stored == nil {
			continue
		}
		destroyed, err := deploy.Destroy(ctx, deploy.DestroyOptions{
			Cluster: opts.Cluster, Name: stored.Name, Namespace: stored.Namespace, Volumes: stored == manager,
			Leftovers: []string{webhookCA}, Timeout: opts.Timeout, Say: opts.Say,
		})
		if destroyed != nil {
			removed = append(removed, destroyed.Removed...)
		}
		if err != nil {
			return removed, err
		}
	}
	if manager == nil || !opts.Cluster.Ours() {
		return removed, nil
	}
	crds, err := removeCRDs(ctx, opts.Cluster)
	return append(removed, crds...), err
}

// theirs returns the release if it carries the label value that limits the removal, else nil.
func theirs(ctx context.Context, opts UninstallOptions, name, namespace string) (*deploy.Release, error) {
	stored, err := deploy.Find(ctx, opts.Cluster, name, namespace)
	if err != nil || stored == nil || stored.MadeBy != opts.MadeBy {
		return nil, err
	}
	return stored, nil
}

// reliesOnIt names something of cert-manager's that is on the cluster and not part of our issuer, or returns "".
func reliesOnIt(ctx context.Context, cluster *kube.Cluster) (string, error) {
	client, err := cluster.Dynamic()
	if err != nil {
		return "", err
	}
	for _, resource := range []schema.GroupVersionResource{certificates, issuers, clusterIssuers} {
		list, err := client.Resource(resource).List(ctx, metav1.ListOptions{})
		if apierrors.IsNotFound(err) {
			continue
		}
		if err != nil {
			return "", fmt.Errorf("looking for %s: %w", resource.Resource, err)
		}
		for _, u := range list.Items {
			if u.GetAnnotations()["meta.helm.sh/release-name"] != issuerRelease {
				return fmt.Sprintf("%s/%s in namespace %q", strings.ToLower(u.GetKind()), u.GetName(), u.GetNamespace()), nil
			}
		}
	}
	return "", nil
}

func removeCRDs(ctx context.Context, cluster *kube.Cluster) (removed []string, err error) {
	foreign, err := foreignCRDs(ctx, cluster)
	if err != nil || foreign {
		return nil, err
	}
	client, err := cluster.Dynamic()
	if err != nil {
		return nil, err
	}
	list, err := client.Resource(crds).List(ctx, metav1.ListOptions{LabelSelector: "app.kubernetes.io/instance=" + releaseName + ",app.kubernetes.io/component=crds"})
	if err != nil {
		return nil, fmt.Errorf("looking for cert-manager's CRDs: %w", err)
	}
	for _, crd := range list.Items {
		if err := client.Resource(crds).Delete(ctx, crd.GetName(), metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
			return removed, fmt.Errorf("removing CRD %q: %w", crd.GetName(), err)
		}
		removed = append(removed, "customresourcedefinition/"+crd.GetName())
	}
	cluster.Forget()
	return removed, nil
}
