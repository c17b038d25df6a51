package deploy

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"helm.sh/helm/v3/pkg/release"
	"helm.sh/helm/v3/pkg/storage/driver"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/helm-chart-factory/factory/factory/kube"
)

// Service is what a release has of one service that a person can look into: the pods it makes and the ways to reach them.
type Service struct {
	// Name is the subchart's; of the umbrella's own objects that of the release.
	Name      string
	Namespace string
	Pods      []PodSet
	// Addresses are its Kubernetes Services.
	Addresses []corev1.Service
	// URLs are those of its Ingresses.
	URLs []string
}

// PodSet is the pods of one workload: those that have all its labels.
type PodSet struct {
	// Workload is kind/name.
	Workload string
	Labels   map[string]string
	// Containers are their names, those that run first before the others.
	Containers []string
}

// Services lists the services of the last revision of a release in the order of its manifest, hooks included; nil when there
// is no such release. The revision is 0 then.
func Services(ctx context.Context, cluster *kube.Cluster, name, namespace string) (services []Service, revision int, err error) {
	config, err := configure(ctx, cluster, namespace, nil)
	if err != nil {
		return nil, 0, err
	}
	last, err := config.Releases.Last(name)
	if errors.Is(err, driver.ErrReleaseNotFound) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, fmt.Errorf("reading the history of release %q: %w", name, err)
	}
	items, err := parseItems(last.Manifest)
	if err != nil {
		return nil, 0, err
	}
	for _, hook := range last.Hooks {
		if slices.Contains(hook.Events, release.HookTest) {
			continue
		}
		objects, err := parse(hook.Manifest)
		if err != nil {
			return nil, 0, err
		}
		for _, object := range objects {
			items = append(items, item{service: serviceOf(hook.Path), object: object})
		}
	}
	return servicesOf(items, name, namespace), last.Version, nil
}

func servicesOf(items []item, release, namespace string) []Service {
	var services []Service
	for _, i := range items {
		name := i.service
		if name == "" {
			name = release
		}
		pods, address, urls := podSet(i.object), serviceObject(i.object), urls(i.object)
		if pods == nil && address == nil && len(urls) == 0 {
			continue
		}
		at := slices.IndexFunc(services, func(s Service) bool { return s.Name == name })
		if at < 0 {
			at = len(services)
			services = append(services, Service{Name: name, Namespace: namespace})
		}
		service := &services[at]
		if pods != nil {
			service.Pods = append(service.Pods, *pods)
		}
		if address != nil {
			service.Addresses = append(service.Addresses, *address)
		}
		service.URLs = append(service.URLs, urls...)
	}
	return services
}

// podSet is the pods of a workload, nil for what makes none.
func podSet(workload *unstructured.Unstructured) *PodSet {
	pod := podOf(workload)
	if pod == nil {
		return nil
	}
	set := &PodSet{Workload: refOf(workload), Labels: pod.GetLabels()}
	// Labels beyond the selector may change from revision to revision, and pods of several of them run side by side.
	if selector, _, _ := unstructured.NestedStringMap(workload.Object, "spec", "selector", "matchLabels"); len(selector) > 0 {
		set.Labels = selector
	}
	if len(set.Labels) == 0 {
		return nil // nothing tells its pods from others
	}
	for _, list := range []string{"initContainers", "containers"} {
		entries, _, _ := unstructured.NestedSlice(pod.Object, "spec", list)
		for _, entry := range entries {
			if container, ok := entry.(map[string]any); ok {
				name, _ := container["name"].(string)
				set.Containers = append(set.Containers, name)
			}
		}
	}
	return set
}

func serviceObject(u *unstructured.Unstructured) *corev1.Service {
	if u.GetKind() != "Service" || u.GetAPIVersion() != "v1" {
		return nil
	}
	var service corev1.Service
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(u.Object, &service); err != nil {
		return nil
	}
	return &service
}
