package checks

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/helm-chart-factory/factory/factory/lint/rendered"
	"github.com/helm-chart-factory/factory/factory/lint/rule"
)

func ingressChecks() []Check {
	return []Check{{
		Rule: rule.Rule{
			ID: "dangling-ingress", Severity: rule.Error,
			What:      "an Ingress or a route of a gateway that leads to a Service, or to a port of one, that the release does not hold",
			Reason:    "Who asks gets 503 or 404.",
			Fix:       "name a port of the service in ingress.paths or gateway.paths",
			Elsewhere: "kube-linter dangling-ingress, kube-score ingress-targets-service",
		},
		Run: danglingIngress,
	}, {
		Rule: rule.Rule{
			ID: "ingress-without-tls", Severity: rule.Warning,
			What:   "an Ingress with a host that no certificate is for",
			Reason: "Passwords and sessions travel in plain text.",
			Fix:    "say ingress: {tls: true}",
		},
		Run: ingressWithoutTLS,
	}}
}

func danglingIngress(j *Judged, found rule.Found) {
	for o, in := range rendered.All[*networkingv1.Ingress](j.Release) {
		backend := func(b *networkingv1.IngressBackend) {
			if b == nil || b.Service == nil {
				return
			}
			port := corev1.ServicePort{Name: b.Service.Port.Name, Port: b.Service.Port.Number}
			if cause := unreachable(j, o.Namespace, b.Service.Name, port); cause != "" {
				found(o, rule.Key{"ingress"}, "%s", cause)
			}
		}
		backend(in.Spec.DefaultBackend)
		for _, r := range in.Spec.Rules {
			if r.HTTP == nil {
				continue
			}
			for i := range r.HTTP.Paths {
				backend(&r.HTTP.Paths[i].Backend)
			}
		}
	}
	for _, o := range j.Objects {
		if !o.Is("gateway.networking.k8s.io", "HTTPRoute") && !o.Is("gateway.networking.k8s.io", "GRPCRoute") && !o.Is("gateway.networking.k8s.io", "TCPRoute") && !o.Is("gateway.networking.k8s.io", "TLSRoute") {
			continue
		}
		for _, cause := range danglingRoute(j, o) {
			found(o, rule.Key{"gateway"}, "%s", cause)
		}
	}
}

func danglingRoute(j *Judged, o *rendered.Object) []string {
	var causes []string
	for _, r := range o.Maps("spec", "rules") {
		refs, _ := r["backendRefs"].([]any)
		for _, item := range refs {
			ref, _ := item.(map[string]any)
			if kind, ok := ref["kind"].(string); ok && kind != "Service" {
				continue
			}
			if _, elsewhere := ref["namespace"].(string); elsewhere {
				continue
			}
			name, _ := ref["name"].(string)
			number, _ := ref["port"].(int64)
			if cause := unreachable(j, o.Namespace, name, corev1.ServicePort{Port: int32(number)}); cause != "" {
				causes = append(causes, cause)
			}
		}
	}
	return causes
}

// unreachable says why a port of a Service cannot be reached, or nothing. A port is given by its name or its number.
func unreachable(j *Judged, namespace, name string, port corev1.ServicePort) string {
	o := j.Find("Service", namespace, name)
	if o == nil {
		return fmt.Sprintf("the release holds no Service %s", name)
	}
	s, ok := o.Typed.(*corev1.Service)
	if !ok {
		return ""
	}
	for _, p := range s.Spec.Ports {
		if port.Name != "" && p.Name == port.Name || port.Name == "" && p.Port == port.Port {
			return ""
		}
	}
	if port.Name != "" {
		return fmt.Sprintf("Service %s has no port called %s", name, port.Name)
	}
	return fmt.Sprintf("Service %s has no port %d", name, port.Port)
}

func ingressWithoutTLS(j *Judged, found rule.Found) {
	for o, in := range rendered.All[*networkingv1.Ingress](j.Release) {
		covered, all := map[string]bool{}, false
		for _, tls := range in.Spec.TLS {
			all = all || len(tls.Hosts) == 0
			for _, host := range tls.Hosts {
				covered[host] = true
			}
		}
		for _, r := range in.Spec.Rules {
			if !all && !covered[r.Host] {
				found(o, rule.Key{"ingress", "tls"}, "no certificate is for %s", host(r.Host))
			}
		}
	}
}

func host(name string) string {
	if name == "" {
		return "its hosts"
	}
	return name
}
