package loadbalancer

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

func service(name string, age int, kind corev1.ServiceType, ports ...int32) *corev1.Service {
	s := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID(name), CreationTimestamp: metav1.Time{Time: time.Unix(int64(1000-age), 0)}}}
	s.Spec.Type = kind
	for _, port := range ports {
		s.Spec.Ports = append(s.Spec.Ports, corev1.ServicePort{Port: port, Protocol: corev1.ProtocolTCP})
	}
	return s
}

func TestAssign(t *testing.T) {
	class := "other"
	foreign := service("foreign", 9, corev1.ServiceTypeLoadBalancer, 81)
	foreign.Spec.LoadBalancerClass = &class
	udp := service("udp", 1, corev1.ServiceTypeLoadBalancer, 80)
	udp.Spec.Ports[0].Protocol = corev1.ProtocolUDP
	granted := map[string]bool{}
	for s, ok := range assign([]*corev1.Service{
		service("young", 1, corev1.ServiceTypeLoadBalancer, 8080, 80),
		service("old", 5, corev1.ServiceTypeLoadBalancer, 80, 443),
		service("internal", 9, corev1.ServiceTypeClusterIP, 80),
		service("api", 9, corev1.ServiceTypeLoadBalancer, 6443),
		// The ports of a Service that got nothing are free for the next.
		service("youngest", 0, corev1.ServiceTypeLoadBalancer, 8080),
		foreign, udp,
	}) {
		granted[s.Name] = ok
	}
	want := map[string]bool{"old": true, "young": false, "api": false, "youngest": true, "udp": true}
	for name, ok := range want {
		if got, known := granted[name]; got != ok || !known {
			t.Errorf("%s: got %v, want %v", name, got, ok)
		}
	}
	if len(granted) != len(want) {
		t.Errorf("got %v", granted)
	}
}
