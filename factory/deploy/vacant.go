package deploy

import (
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// removeNamespace deletes the namespace when factory made it and nothing of anybody is left in it, and waits until it is gone.
func (d *removal) removeNamespace(ctx context.Context, namespace *corev1.Namespace) error {
	if _, ours := namespace.Labels[MadeByLabel]; !ours {
		d.done.Kept = append(d.done.Kept, "namespace/"+d.Namespace)
		return nil
	}
	occupant, err := d.occupant(ctx)
	if err != nil {
		return err
	}
	if occupant != "" {
		d.Say("namespace %s stays: %s is in it", d.Namespace, occupant)
		d.done.Kept = append(d.done.Kept, "namespace/"+d.Namespace)
		return nil
	}
	client, err := d.Cluster.Client()
	if err != nil {
		return err
	}
	err = client.CoreV1().Namespaces().Delete(ctx, d.Namespace, metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &namespace.UID}})
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("removing namespace %q: %w", d.Namespace, err)
	}
	d.removed("namespace/" + d.Namespace)
	return d.gone(ctx, []*unstructured.Unstructured{named("Namespace", d.Namespace)})
}

// occupant names an object that keeps the namespace from being vacant, or returns "". Kubernetes' own furniture and what
// is derived from objects that are gone do not count.
func (d *removal) occupant(ctx context.Context) (string, error) {
	discovery, err := d.Cluster.ToDiscoveryClient()
	if err != nil {
		return "", err
	}
	client, err := d.Cluster.Dynamic()
	if err != nil {
		return "", err
	}
	lists, err := discovery.ServerPreferredNamespacedResources()
	if err != nil {
		return "", fmt.Errorf("asking what namespace %q could hold: %w", d.Namespace, err)
	}
	for _, list := range lists {
		group, err := schema.ParseGroupVersion(list.GroupVersion)
		if err != nil {
			return "", err
		}
		for _, resource := range list.APIResources {
			if derived(group.Group, resource.Name) || !slices.Contains(resource.Verbs, "list") || !slices.Contains(resource.Verbs, "delete") {
				continue
			}
			objects, err := client.Resource(group.WithResource(resource.Name)).Namespace(d.Namespace).List(ctx, metav1.ListOptions{Limit: 20})
			if apierrors.IsNotFound(err) || apierrors.IsMethodNotSupported(err) {
				continue
			}
			if err != nil {
				return "", fmt.Errorf("listing the %s of namespace %q: %w", resource.Name, d.Namespace, err)
			}
			for i := range objects.Items {
				if u := &objects.Items[i]; !furniture(u) && u.GetDeletionTimestamp() == nil {
					return refOf(u), nil
				}
			}
		}
	}
	return "", nil
}

// derived tells the resources that controllers make of others or keep for themselves, and that are nobody's data.
func derived(group, resource string) bool {
	switch resource {
	case "events", "endpoints", "endpointslices", "controllerrevisions", "leases":
		return true
	}
	return group == "metrics.k8s.io"
}

func furniture(u *unstructured.Unstructured) bool {
	return u.GetKind() == "ConfigMap" && u.GetName() == "kube-root-ca.crt" ||
		u.GetKind() == "ServiceAccount" && u.GetName() == "default"
}
