// Package kube answers what runs in one namespace of a Kubernetes cluster, from a copy that a watch keeps current.
package kube

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"

	"github.com/helm-chart-factory/factory/services/backend/api"
)

// Options says what to watch.
type Options struct {
	Namespace string
	// Kubeconfig is a path; empty means the pod's ServiceAccount, then ~/.kube/config.
	Kubeconfig string
	// Observe is called with the state of a pod each time something about it changes, and a last time when it is gone.
	// It must not block.
	Observe  func(api.Observation)
	Log      *slog.Logger
	Registry prometheus.Registerer
}

// Watcher keeps a copy of the namespace's pods and deployments. It implements api.Cluster.
type Watcher struct {
	options  Options
	client   kubernetes.Interface // nil when there is no cluster
	outcomes *outcomes
	factory  informers.SharedInformerFactory
	synced   []cache.InformerSynced
}

// Open prepares a Watcher; nothing is asked of the API server before Run. Without a cluster to talk to it returns a
// Watcher whose answers all say so.
func Open(o Options) (*Watcher, error) {
	w := &Watcher{options: o, outcomes: newOutcomes()}
	if err := o.Registry.Register(w.outcomes.failures); err != nil {
		return nil, fmt.Errorf("registering metrics: %w", err)
	}
	client, err := connect(o.Kubeconfig, w.outcomes)
	if errors.Is(err, errNoCluster) {
		o.Log.Warn("no Kubernetes cluster: deployments, pods and stats will answer 503", "reason", err.Error())
		return w, nil
	}
	if err != nil {
		return nil, err
	}
	w.client = client
	w.factory = informers.NewSharedInformerFactoryWithOptions(client, 0,
		informers.WithNamespace(o.Namespace), informers.WithTransform(slim))
	pods := w.factory.Core().V1().Pods().Informer()
	deployments := w.factory.Apps().V1().Deployments().Informer()
	w.synced = []cache.InformerSynced{pods.HasSynced, deployments.HasSynced}
	_, err = pods.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(object any) { w.observe(object) },
		UpdateFunc: func(_, object any) { w.observe(object) },
		DeleteFunc: w.observeGone,
	})
	if err != nil {
		return nil, fmt.Errorf("preparing the watch: %w", err)
	}
	return w, nil
}

// Run watches until ctx ends. Failures are retried for ever, with a growing delay.
func (w *Watcher) Run(ctx context.Context) {
	if w.client == nil {
		return
	}
	w.factory.StartWithContext(ctx)
	if cache.WaitForCacheSync(ctx.Done(), w.synced...) {
		w.options.Log.Info("kubernetes is being watched", "namespace", w.options.Namespace)
	}
	// The watches end with ctx, too. They are not waited for: one may be asleep between two tries for half a minute.
	<-ctx.Done()
}

// Ready implements api.Cluster.
func (w *Watcher) Ready() error {
	if w.client == nil {
		return &api.Error{Code: api.KubernetesUnavailable, Message: "kubernetes: " + errNoCluster.Error()}
	}
	for _, synced := range w.synced {
		if !synced() {
			reason, cause := w.outcomes.reason(w.options.Namespace)
			return &api.Error{Code: api.KubernetesUnavailable, Message: "kubernetes: " + reason, Cause: cause}
		}
	}
	return nil
}

// Pods implements api.Cluster.
func (w *Watcher) Pods() ([]api.Pod, error) {
	if err := w.Ready(); err != nil {
		return nil, err
	}
	found, err := w.factory.Core().V1().Pods().Lister().List(labels.Everything())
	if err != nil {
		return nil, fmt.Errorf("reading pods: %w", err)
	}
	pods := make([]api.Pod, 0, len(found))
	for _, p := range found {
		pods = append(pods, api.Pod{
			Name: p.Name, ID: string(p.UID), Status: podStatus(p), Phase: string(p.Status.Phase), Node: p.Spec.NodeName,
			Created: p.CreationTimestamp.Time,
		})
	}
	slices.SortFunc(pods, func(a, b api.Pod) int { return strings.Compare(a.Name, b.Name) })
	return pods, nil
}

// Deployments implements api.Cluster.
func (w *Watcher) Deployments() ([]api.Deployment, error) {
	if err := w.Ready(); err != nil {
		return nil, err
	}
	found, err := w.factory.Apps().V1().Deployments().Lister().List(labels.Everything())
	if err != nil {
		return nil, fmt.Errorf("reading deployments: %w", err)
	}
	deployments := make([]api.Deployment, 0, len(found))
	for _, d := range found {
		deployments = append(deployments, api.Deployment{
			Name: d.Name, Replicas: wanted(d), Ready: d.Status.ReadyReplicas, Available: d.Status.AvailableReplicas,
			Created: d.CreationTimestamp.Time,
		})
	}
	slices.SortFunc(deployments, func(a, b api.Deployment) int { return strings.Compare(a.Name, b.Name) })
	return deployments, nil
}

// Kubernetes itself reads an absent number of replicas as one.
func wanted(d *appsv1.Deployment) int32 {
	if d.Spec.Replicas == nil {
		return 1
	}
	return *d.Spec.Replicas
}

// Gone asks the API server, not the copy, whether the pod with this name and id no longer exists.
func (w *Watcher) Gone(ctx context.Context, name, id string) (bool, error) {
	if w.client == nil {
		return false, errNoCluster
	}
	pod, err := w.client.CoreV1().Pods(w.options.Namespace).Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("looking up pod %q: %w", name, err)
	}
	return string(pod.UID) != id, nil
}

func (w *Watcher) observe(object any) {
	if pod, ok := object.(*corev1.Pod); ok {
		w.options.Observe(observation(pod, podStatus(pod)))
	}
}

func (w *Watcher) observeGone(object any) {
	// A deletion that the watch missed arrives wrapped, with the last state known.
	if unknown, ok := object.(cache.DeletedFinalStateUnknown); ok {
		object = unknown.Obj
	}
	if pod, ok := object.(*corev1.Pod); ok {
		w.options.Observe(observation(pod, goneStatus(pod)))
	}
}

func observation(pod *corev1.Pod, status string) api.Observation {
	return api.Observation{
		PodName: pod.Name, PodID: string(pod.UID), Status: status, Node: pod.Spec.NodeName, Timestamp: time.Now(),
	}
}
