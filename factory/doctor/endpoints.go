package doctor

import (
	"context"

	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// endpoints are what is behind the Services of a namespace.
type endpoints []discoveryv1.EndpointSlice

func (e *examination) endpointsIn(ctx context.Context, namespace string) (endpoints, error) {
	list, err := e.client.DiscoveryV1().EndpointSlices(namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, err
	}
	return list.Items, nil
}

// of counts the addresses behind a Service: those that are ready, and all that are not about to end. With a port's name only
// those count whose pods have that port.
func (e endpoints) of(service, port string) (ready, total int) {
	for i := range e {
		slice := &e[i]
		if slice.Labels[discoveryv1.LabelServiceName] != service || port != "" && !hasPort(slice, port) {
			continue
		}
		for _, endpoint := range slice.Endpoints {
			if ending := endpoint.Conditions.Terminating; ending != nil && *ending {
				continue
			}
			total += len(endpoint.Addresses)
			// Unset means ready (discovery.k8s.io/v1, EndpointConditions).
			if endpoint.Conditions.Ready == nil || *endpoint.Conditions.Ready {
				ready += len(endpoint.Addresses)
			}
		}
	}
	return ready, total
}

func hasPort(slice *discoveryv1.EndpointSlice, name string) bool {
	for _, port := range slice.Ports {
		if port.Name != nil && *port.Name == name && port.Port != nil {
			return true
		}
	}
	return false
}
