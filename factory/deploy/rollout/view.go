package rollout

import (
	"context"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/tools/cache"

	corev1 "k8s.io/api/core/v1"

	"github.com/helm-chart-factory/factory/factory/deploy/diagnose"
	"github.com/helm-chart-factory/factory/factory/kube"
)

const byOwner = "owner"

// place is one kind of object in one namespace: what one watch covers.
type place struct {
	resource  schema.GroupVersionResource
	namespace string
}

func podsOf(namespace string) place {
	return place{corev1.SchemeGroupVersion.WithResource("pods"), namespace}
}

func eventsOf(namespace string) place {
	return place{corev1.SchemeGroupVersion.WithResource("events"), namespace}
}

func replicaSetsOf(namespace string) place {
	return place{schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "replicasets"}, namespace}
}

func claimsOf(namespace string) place {
	return place{corev1.SchemeGroupVersion.WithResource("persistentvolumeclaims"), namespace}
}

var certificateKind = schema.GroupVersionKind{Group: "cert-manager.io", Version: "v1", Kind: "Certificate"}

// requestsOf are the CertificateRequests by which cert-manager asks issuers, and which know why one does not answer.
func requestsOf(namespace string) place {
	return place{schema.GroupVersionResource{Group: "cert-manager.io", Version: "v1", Resource: "certificaterequests"}, namespace}
}

// view is a live picture of the objects and of what explains them: pods, replica sets and events.
type view struct {
	resources map[schema.GroupVersionKind]schema.GroupVersionResource
	stores    map[place]cache.Indexer
	// changed gets a value after any change; several changes may share one.
	changed chan struct{}
	denied  denials
	// asking looks further into what is found; nil where a glance is enough.
	asking *asking
	mask   func() *diagnose.Mask
}

// masked is the mask for what is shown; it may be nil, which serves.
func (v *view) masked() *diagnose.Mask {
	if v.mask == nil {
		return nil
	}
	return v.mask()
}

// watchObjects starts watches for the objects and their surroundings and returns when each has its first full picture.
// The watches end with ctx.
func watchObjects(ctx context.Context, cluster *kube.Cluster, objects []Object) (*view, error) {
	mapper, err := cluster.ToRESTMapper()
	if err != nil {
		return nil, err
	}
	client, err := cluster.Dynamic()
	if err != nil {
		return nil, err
	}
	v := &view{
		resources: map[schema.GroupVersionKind]schema.GroupVersionResource{},
		stores:    map[place]cache.Indexer{},
		changed:   make(chan struct{}, 1),
	}
	var synced []cache.InformerSynced
	add := func(at place) error {
		if _, there := v.stores[at]; there {
			return nil
		}
		informer, err := v.informer(client, at)
		if err != nil {
			return err
		}
		v.stores[at] = informer.GetIndexer()
		synced = append(synced, func() bool { return informer.HasSynced() || v.denied.at(at) != nil || v.denied.altogether() != nil })
		go informer.RunWithContext(ctx)
		return nil
	}
	for _, object := range objects {
		mapping, err := mapper.RESTMapping(object.Kind.GroupKind(), object.Kind.Version)
		if err != nil {
			return nil, fmt.Errorf("the cluster does not know %s: %w", object.Kind.Kind, err)
		}
		v.resources[object.Kind] = mapping.Resource
		v.denied.need(place{mapping.Resource, object.Namespace})
		places := []place{{mapping.Resource, object.Namespace}}
		if object.Namespace != "" {
			places = append(places, podsOf(object.Namespace), eventsOf(object.Namespace),
				replicaSetsOf(object.Namespace), claimsOf(object.Namespace))
		}
		if object.Kind.GroupKind() == certificateKind.GroupKind() {
			places = append(places, requestsOf(object.Namespace))
		}
		for _, at := range places {
			if err := add(at); err != nil {
				return nil, err
			}
		}
	}
	if !cache.WaitForCacheSync(ctx.Done(), synced...) {
		return nil, ctx.Err()
	}
	return v, v.denied.fatal()
}

func (v *view) informer(client dynamic.Interface, at place) (cache.SharedIndexInformer, error) {
	resource := client.Resource(at.resource).Namespace(at.namespace)
	informer := cache.NewSharedIndexInformer(&cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
			return resource.List(ctx, options)
		},
		WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
			return resource.Watch(ctx, options)
		},
	}, &unstructured.Unstructured{}, 0, cache.Indexers{byOwner: ownerKeys})
	// The reflector tries again by itself; its log lines would land in the middle of the progress.
	err := informer.SetWatchErrorHandlerWithContext(func(_ context.Context, _ *cache.Reflector, err error) {
		if v.denied.note(at, err) {
			v.tell()
		}
	})
	if err != nil {
		return nil, err
	}
	if at == eventsOf(at.namespace) {
		if err := informer.SetTransform(withoutManagedFields); err != nil {
			return nil, err
		}
	}
	_, err = informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(any) { v.tell() },
		UpdateFunc: func(any, any) { v.tell() },
		DeleteFunc: func(any) { v.tell() },
	})
	return informer, err
}

// tell wakes the one who waits for changes.
func (v *view) tell() {
	select {
	case v.changed <- struct{}{}:
	default:
	}
}

// ownerKeys indexes an object by the UID of its controller, and an event by that of the object it is about.
func ownerKeys(obj any) ([]string, error) {
	u, ok := obj.(*unstructured.Unstructured)
	if !ok {
		return nil, nil
	}
	if u.GetKind() == "Event" {
		uid, _, _ := unstructured.NestedString(u.Object, "involvedObject", "uid")
		return []string{uid}, nil
	}
	if owner := metav1.GetControllerOf(u); owner != nil {
		return []string{string(owner.UID)}, nil
	}
	return nil, nil
}

func withoutManagedFields(obj any) (any, error) {
	if u, ok := obj.(*unstructured.Unstructured); ok {
		u.SetManagedFields(nil)
	}
	return obj, nil
}

// get returns the object as it is now, or nil when it is not there or what is there is older than what was written.
func (v *view) get(object Object) *unstructured.Unstructured {
	key := object.Name
	if object.Namespace != "" {
		key = object.Namespace + "/" + object.Name
	}
	found, there, err := v.stores[place{v.resources[object.Kind], object.Namespace}].GetByKey(key)
	if err != nil || !there {
		return nil
	}
	u := found.(*unstructured.Unstructured)
	if object.UID != "" && (u.GetUID() != object.UID || u.GetGeneration() < object.Generation) {
		return nil
	}
	return u
}

func (v *view) owned(at place, owner types.UID) []*unstructured.Unstructured {
	store, there := v.stores[at]
	if !there {
		return nil
	}
	found, err := store.ByIndex(byOwner, string(owner))
	if err != nil {
		return nil
	}
	var objects []*unstructured.Unstructured
	for _, obj := range found {
		objects = append(objects, obj.(*unstructured.Unstructured))
	}
	return objects
}

// events returns what was reported about the objects with these UIDs.
func (v *view) events(namespace string, about ...types.UID) []*corev1.Event {
	var events []*corev1.Event
	for _, uid := range about {
		for _, u := range v.owned(eventsOf(namespace), uid) {
			if event := convert[corev1.Event](u); event != nil {
				events = append(events, event)
			}
		}
	}
	return events
}

func convert[T any](u *unstructured.Unstructured) *T {
	var typed T
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(u.Object, &typed); err != nil {
		return nil
	}
	return &typed
}

// settle waits a moment for further changes, so that a burst of them is looked at once.
func (v *view) settle(ctx context.Context) {
	timer := time.NewTimer(50 * time.Millisecond)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
	select {
	case <-v.changed:
	default:
	}
}
