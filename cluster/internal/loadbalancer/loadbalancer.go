// Package loadbalancer gives every Service of type LoadBalancer the node's address, as the one machine that there is:
// kube-proxy serves it there.
package loadbalancer

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
)

// reserved are the node's own ports: a Service there would cut the cluster off from itself.
var reserved = [...]int32{6443, 10250, 10256}

// Run serves until ctx ends. Problems are written to notes.
func Run(ctx context.Context, client kubernetes.Interface, nodeIP string, notes io.Writer) {
	factory := informers.NewSharedInformerFactory(client, 0)
	services := factory.Core().V1().Services()
	changed := make(chan struct{}, 1)
	notify := func() {
		select {
		case changed <- struct{}{}:
		default:
		}
	}
	services.Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(any) { notify() },
		UpdateFunc: func(any, any) { notify() },
		DeleteFunc: func(any) { notify() },
	})
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	for {
		select {
		case <-ctx.Done():
			return
		case <-changed:
		}
		list, err := services.Lister().List(labels.Everything())
		if err == nil {
			err = publish(ctx, client, list, nodeIP)
		}
		if err != nil && ctx.Err() == nil {
			fmt.Fprintln(notes, "load balancer:", err)
			time.AfterFunc(2*time.Second, notify)
		}
	}
}

// publish writes the statuses that differ from what they should be.
func publish(ctx context.Context, client kubernetes.Interface, services []*corev1.Service, nodeIP string) error {
	for service, granted := range assign(services) {
		var want []corev1.LoadBalancerIngress
		if granted {
			want = []corev1.LoadBalancerIngress{{IP: nodeIP}}
		}
		have := service.Status.LoadBalancer.Ingress
		if len(have) == len(want) && (len(want) == 0 || have[0].IP == nodeIP) {
			continue
		}
		update := service.DeepCopy()
		update.Status.LoadBalancer.Ingress = want
		if _, err := client.CoreV1().Services(service.Namespace).UpdateStatus(ctx, update, metav1.UpdateOptions{}); err != nil {
			return fmt.Errorf("giving Service %s/%s its address: %w", service.Namespace, service.Name, err)
		}
	}
	return nil
}

// assign decides which Services of type LoadBalancer get the address: each port goes to the oldest that wants it.
func assign(services []*corev1.Service) map[*corev1.Service]bool {
	services = slices.Clone(services)
	slices.SortFunc(services, func(a, b *corev1.Service) int {
		return cmp.Or(a.CreationTimestamp.Time.Compare(b.CreationTimestamp.Time), cmp.Compare(a.UID, b.UID))
	})
	type port struct {
		protocol corev1.Protocol
		number   int32
	}
	taken := map[port]bool{}
	for _, number := range reserved {
		taken[port{corev1.ProtocolTCP, number}] = true
	}
	granted := map[*corev1.Service]bool{}
	for _, service := range services {
		if service.Spec.Type != corev1.ServiceTypeLoadBalancer || service.Spec.LoadBalancerClass != nil || service.DeletionTimestamp != nil {
			continue
		}
		free := true
		for _, p := range service.Spec.Ports {
			free = free && !taken[port{p.Protocol, p.Port}]
		}
		granted[service] = free
		if !free {
			continue
		}
		for _, p := range service.Spec.Ports {
			taken[port{p.Protocol, p.Port}] = true
		}
	}
	return granted
}
