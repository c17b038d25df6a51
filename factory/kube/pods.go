package kube

import (
	"context"
	"sync"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/klog/v2"
)

// WatchPods tells seen of every pod of a namespace that the selector matches, of each change to it, and at last that it is
// gone, one call after another, until ctx ends; then it returns. A watch that breaks is taken up again: what changed
// meanwhile is told then. Complete, which may be nil, is called once when seen has been told of all that there are.
func WatchPods(ctx context.Context, client kubernetes.Interface, namespace, selector string, seen func(pod *corev1.Pod, gone bool), complete func()) error {
	pods := client.CoreV1().Pods(namespace)
	source := &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
			options.LabelSelector = selector
			return pods.List(ctx, options)
		},
		WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
			options.LabelSelector = selector
			return pods.Watch(ctx, options)
		},
	}
	informer := cache.NewSharedIndexInformer(cache.ToListWatcherWithWatchListSemantics(source, client), &corev1.Pod{}, 0, cache.Indexers{})
	// The reflector tries again by itself; its log lines would land in the middle of what a person reads.
	ctx = klog.NewContext(ctx, klog.New(nil))
	err := informer.SetWatchErrorHandlerWithContext(func(context.Context, *cache.Reflector, error) {})
	if err != nil {
		return err
	}
	tell := func(object any, gone bool) {
		if last, unknown := object.(cache.DeletedFinalStateUnknown); unknown {
			object = last.Obj
		}
		if pod, ok := object.(*corev1.Pod); ok {
			seen(pod, gone)
		}
	}
	told, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc: func(object any) { tell(object, false) },
		// One that was replaced by another of its name while the watch was broken is told of as one that changed.
		UpdateFunc: func(before, after any) {
			if was, ok := before.(*corev1.Pod); ok && was.UID != after.(*corev1.Pod).UID {
				tell(was, true)
			}
			tell(after, false)
		},
		DeleteFunc: func(object any) { tell(object, true) },
	})
	if err != nil {
		return err
	}
	var waiting sync.WaitGroup
	defer waiting.Wait()
	if complete != nil {
		waiting.Go(func() {
			select {
			case <-told.HasSyncedChecker().Done():
				complete()
			case <-ctx.Done():
			}
		})
	}
	informer.RunWithContext(ctx)
	return nil
}
