package deploy

import (
	"slices"

	"helm.sh/helm/v3/pkg/release"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
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
}

// Services lists the services of the revision in the order of its manifest. Hooks are among them, tests are not.
func (r *Release) Services() ([]Service, error) {
	items, err := parseItems(r.manifest)
	if err != nil {
		return nil, err
	}
	for _, hook := range r.hooks {
		if slices.Contains(hook.Events, release.HookTest) {
			continue
		}
		objects, err := parse(hook.Manifest)
		if err != nil {
			return nil, err
		}
		for _, object := range objects {
			items = append(items, item{service: serviceOf(hook.Path), object: object})
		}
	}
	return servicesOf(items, r.Name, r.Namespace), nil
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
