package deploy

import (
	"cmp"
	"context"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"
	helmkube "helm.sh/helm/v3/pkg/kube"
	"helm.sh/helm/v3/pkg/release"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"

	"github.com/helm-chart-factory/factory/factory/deploy/rollout"
	"github.com/helm-chart-factory/factory/factory/kube"
)

const parallelReads = 16

// certificate is what cert-manager makes of an Ingress with an issuer.
var certificate = schema.GroupVersionKind{Group: "cert-manager.io", Version: "v1", Kind: "Certificate"}

// parse reads the objects of a rendered manifest.
func parse(manifest string) ([]*unstructured.Unstructured, error) {
	items, err := parseItems(manifest)
	if err != nil {
		return nil, err
	}
	return objectsOf(items), nil
}

// live reads the objects of a manifest from the cluster, in the manifest's order. Those that are not there are missing.
func live(ctx context.Context, cluster *kube.Cluster, namespace string, wanted []*unstructured.Unstructured) (found, missing []*unstructured.Unstructured, err error) {
	resources, err := resourcesOf(cluster)
	if err != nil {
		return nil, nil, err
	}
	results := make([]*unstructured.Unstructured, len(wanted))
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallelReads)
	for i, object := range wanted {
		group.Go(func() error {
			resource, err := resources(object, namespace)
			if meta.IsNoMatchError(err) {
				err = apierrors.NewNotFound(schema.GroupResource{}, object.GetName())
			}
			if err == nil {
				results[i], err = resource.Get(ctx, object.GetName(), metav1.GetOptions{})
			}
			if apierrors.IsNotFound(err) {
				mu.Lock()
				defer mu.Unlock()
				missing = append(missing, object)
				return nil
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, nil, fmt.Errorf("reading the release's objects: %w", err)
	}
	for _, result := range results {
		if result != nil {
			found = append(found, result)
		}
	}
	return found, missing, nil
}

// resourcesOf returns how to reach the resource of any object; objects without a namespace are in the given one.
func resourcesOf(cluster *kube.Cluster) (func(*unstructured.Unstructured, string) (dynamic.ResourceInterface, error), error) {
	mapper, err := cluster.ToRESTMapper()
	if err != nil {
		return nil, err
	}
	client, err := cluster.Dynamic()
	if err != nil {
		return nil, err
	}
	return func(u *unstructured.Unstructured, namespace string) (dynamic.ResourceInterface, error) {
		kind := u.GroupVersionKind()
		mapping, err := mapper.RESTMapping(kind.GroupKind(), kind.Version)
		if err != nil {
			return nil, err
		}
		if mapping.Scope.Name() == meta.RESTScopeNameRoot {
			return client.Resource(mapping.Resource), nil
		}
		if u.GetNamespace() != "" {
			namespace = u.GetNamespace()
		}
		return client.Resource(mapping.Resource).Namespace(namespace), nil
	}, nil
}

// written reads what Helm wrote, as the API server returned it.
func written(resources helmkube.ResourceList) ([]*unstructured.Unstructured, error) {
	var objects []*unstructured.Unstructured
	for _, info := range resources {
		u, ok := info.Object.(*unstructured.Unstructured)
		if !ok {
			return nil, fmt.Errorf("%s %q came back as a %T", info.Mapping.GroupVersionKind.Kind, info.Name, info.Object)
		}
		objects = append(objects, u)
	}
	return objects, nil
}

// toWaitFor picks the live objects that get ready some time after they were written, and adds the certificates that
// cert-manager will make for Ingresses.
func toWaitFor(objects []*unstructured.Unstructured, hooks bool) []rollout.Object {
	var wanted []rollout.Object
	for _, u := range objects {
		hook := ""
		if hooks {
			hook = cmp.Or(u.GetAnnotations()[release.HookAnnotation], "release")
		}
		if rollout.Waits(u.GroupVersionKind()) {
			wanted = append(wanted, rollout.Object{
				Kind: u.GroupVersionKind(), Namespace: u.GetNamespace(), Name: u.GetName(),
				UID: u.GetUID(), Generation: u.GetGeneration(), Hook: hook,
			})
		}
		for _, secret := range certificatesOf(u) {
			wanted = append(wanted, rollout.Object{Kind: certificate, Namespace: u.GetNamespace(), Name: secret})
		}
	}
	return wanted
}

// certificatesOf names the Certificates that cert-manager makes for an Ingress: one a TLS secret, of the same name.
func certificatesOf(u *unstructured.Unstructured) []string {
	notes := u.GetAnnotations()
	if u.GetKind() != "Ingress" || notes["cert-manager.io/cluster-issuer"] == "" && notes["cert-manager.io/issuer"] == "" {
		return nil
	}
	entries, _, _ := unstructured.NestedSlice(u.Object, "spec", "tls")
	var names []string
	for _, entry := range entries {
		if tls, ok := entry.(map[string]any); ok {
			if name, _ := tls["secretName"].(string); name != "" {
				names = append(names, name)
			}
		}
	}
	return names
}
