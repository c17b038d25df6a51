package doctor

import (
	"context"
	"fmt"

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
	behind, err := e.endpointsIn(ctx, namespace)
	if err != nil {
		return notAllowed(err)
	}
	ready, total := behind.of(name, "")
	if ready == 0 {
		problem.Saw = fmt.Sprintf("%s behind Service kube-system/%s, none of them ready", count(total, "endpoint"), name)
		return failed("cluster DNS does not answer", problem)
	}
	return passed("%s behind Service %s", count(ready, "endpoint"), name)
}
