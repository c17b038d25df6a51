package doctor

import (
	"context"
	"fmt"

	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// clusterDNS wants something behind the Service that every kubelet sends its pods to for names, whatever serves there.
func (e *examination) clusterDNS(ctx context.Context) Verdict {
	const namespace, label = "kube-system", "k8s-app=kube-dns"
	problem := Problem{
		Why: "a service reaches another by its name: DB_HOST: database resolves in the cluster only",
		Fix: "kubectl -n kube-system get pods -l k8s-app=kube-dns; kubectl -n kube-system logs -l k8s-app=kube-dns",
	}
	services, err := e.client.CoreV1().Services(namespace).List(ctx, metav1.ListOptions{LabelSelector: label})
	if err != nil {
		return notAllowed(err)
	}
	if len(services.Items) == 0 {
		problem.Saw = "namespace kube-system has no Service with the label " + label
		return failed("the cluster has no DNS", problem)
	}
	name := services.Items[0].Name
	ready, total, err := e.endpoints(ctx, namespace, name, "")
	if err != nil {
		return notAllowed(err)
	}
	if ready == 0 {
		problem.Saw = fmt.Sprintf("%s behind Service kube-system/%s, none of them ready", count(total, "endpoint"), name)
		return failed("cluster DNS does not answer", problem)
	}
	return passed("%s behind Service %s", count(ready, "endpoint"), name)
}

// endpoints counts the addresses behind a Service: those that are ready, and all that are not about to end. With a port's
// name only those count whose pods have that port.
func (e *examination) endpoints(ctx context.Context, namespace, service, port string) (ready, total int, err error) {
	slices, err := e.client.DiscoveryV1().EndpointSlices(namespace).List(ctx, metav1.ListOptions{
		LabelSelector: discoveryv1.LabelServiceName + "=" + service,
	})
	if err != nil {
		return 0, 0, err
	}
	for i := range slices.Items {
		slice := &slices.Items[i]
		if port != "" && !hasPort(slice, port) {
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
	return ready, total, nil
}

func hasPort(slice *discoveryv1.EndpointSlice, name string) bool {
	for _, port := range slice.Ports {
		if port.Name != nil && *port.Name == name && port.Port != nil {
			return true
		}
	}
	return false
}
