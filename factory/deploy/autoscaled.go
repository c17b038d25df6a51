package deploy

import (
	"context"
	"fmt"

	helmkube "helm.sh/helm/v3/pkg/kube"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/cli-runtime/pkg/resource"

	"github.com/helm-chart-factory/factory/factory/kube"
)

// autoscalers is how many replicas of which workloads are not the chart's to say, since a HorizontalPodAutoscaler does.
type autoscalers map[objectKey]bool

const autoscalerKind = "HorizontalPodAutoscaler"

// findAutoscalers looks for those that are there after the objects of one release were replaced by those of the next:
// the next release's, and the live ones that the replacement does not delete. Who may not list them has none of the latter.
func findAutoscalers(ctx context.Context, cluster *kube.Cluster, namespace string, before, after []*unstructured.Unstructured) (autoscalers, error) {
	found, leaving := autoscalers{}, map[string]bool{}
	for _, u := range before {
		if u.GetKind() == autoscalerKind {
			leaving[u.GetName()] = true
		}
	}
	for _, u := range after {
		if u.GetKind() == autoscalerKind {
			delete(leaving, u.GetName())
			found.add(u, namespace)
		}
	}
	client, err := cluster.Dynamic()
	if err != nil {
		return nil, err
	}
	kind := schema.GroupVersionResource{Group: "autoscaling", Version: "v2", Resource: "horizontalpodautoscalers"}
	live, err := client.Resource(kind).Namespace(namespace).List(ctx, metav1.ListOptions{})
	if apierrors.IsForbidden(err) || apierrors.IsNotFound(err) {
		return found, nil
	}
	if err != nil {
		return nil, fmt.Errorf("listing the autoscalers of namespace %q: %w", namespace, err)
	}
	for i := range live.Items {
		if u := &live.Items[i]; !leaving[u.GetName()] {
			found.add(u, namespace)
		}
	}
	return found, nil
}

func (a autoscalers) add(u *unstructured.Unstructured, namespace string) {
	target, _, _ := unstructured.NestedStringMap(u.Object, "spec", "scaleTargetRef")
	group, err := schema.ParseGroupVersion(target["apiVersion"])
	if err != nil {
		return
	}
	if own := u.GetNamespace(); own != "" {
		namespace = own
	}
	a[objectKey{group.Group, target["kind"], namespace, target["name"]}] = true
}

// keep makes the objects say as many replicas as the live one has when an autoscaler decides on them, so that a merge of
// the objects leaves the number alone: also where the chart says one, or has just ceased to.
func (a autoscalers) keep(live *unstructured.Unstructured, objects ...*unstructured.Unstructured) {
	if live == nil || !a[item{object: live}.key("")] {
		return
	}
	replicas, found, err := unstructured.NestedInt64(live.Object, "spec", "replicas")
	if !found || err != nil {
		return
	}
	for _, u := range objects {
		// The field is a number in an object that has a spec, so it can be set.
		_ = unstructured.SetNestedField(u.Object, replicas, "spec", "replicas")
	}
}

// keepReplicas does so for everything that Helm is about to write.
func keepReplicas(ctx context.Context, cluster *kube.Cluster, namespace string, original, target helmkube.ResourceList) error {
	before, err := written(original)
	if err != nil {
		return err
	}
	after, err := written(target)
	if err != nil {
		return err
	}
	found, err := findAutoscalers(ctx, cluster, namespace, before, after)
	if err != nil || len(found) == 0 {
		return err
	}
	return target.Visit(func(info *resource.Info, err error) error {
		if err != nil || !found[objectKey{info.Mapping.GroupVersionKind.Group, info.Mapping.GroupVersionKind.Kind, info.Namespace, info.Name}] {
			return err
		}
		live, err := get(info)
		if err != nil {
			return err
		}
		objects := []*unstructured.Unstructured{info.Object.(*unstructured.Unstructured)}
		if old := original.Get(info); old != nil {
			objects = append(objects, old.Object.(*unstructured.Unstructured))
		}
		found.keep(live, objects...)
		return nil
	})
}
