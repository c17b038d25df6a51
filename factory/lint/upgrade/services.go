package upgrade

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/helm-chart-factory/factory/factory/lint/rendered"
	"github.com/helm-chart-factory/factory/factory/lint/rule"
)

func serviceChecks() []Check {
	return []Check{{
		Rule: rule.Rule{
			ID: "upgrade-service-gone", Severity: rule.Warning,
			What:   "a service, or the address of one, that is not in the release any more",
			Reason: "Who still calls it gets no answer; its secrets and volumes may stay behind.",
			Fix:    "make sure that nobody calls it; waive this in factory.yaml for one release, as that is meant",
		},
		Run: serviceGone,
	}, {
		Rule: rule.Rule{
			ID: "upgrade-port-gone", Severity: rule.Warning,
			What:   "a port of a Service that is not there any more",
			Reason: "Who still calls it is refused.",
			Fix:    "keep the port beside the new one until all callers have changed",
		},
		Run: eachPair(portGone),
	}, {
		Rule: rule.Rule{
			ID: "upgrade-host-gone", Severity: rule.Warning,
			What:   "a host of an Ingress that is not served any more",
			Reason: "Bookmarks, clients and other systems still ask for it.",
			Fix:    "keep the host beside the new one until all have changed",
		},
		Run: hostGone,
	}}
}

func serviceGone(c *Change, found rule.Found) {
	told := map[string]bool{}
	for _, was := range c.Was.Objects {
		if was.Service == "" || told[was.Service] || c.left(was.Service) {
			continue
		}
		told[was.Service] = true
		var kinds []string
		for _, o := range c.Was.Objects {
			if o.Service == was.Service && !o.IsHook() {
				kinds = append(kinds, o.Kind)
			}
		}
		found(&rendered.Object{Service: was.Service, Template: was.Service}, nil, "the service vanishes: %s", strings.Join(kinds, ", "))
	}
	for _, was := range c.gone("Service") {
		if !told[was.Service] {
			found(was, rule.Key{"ports"}, "the address %s vanishes", was.Name)
		}
	}
}

func portGone(was, is *rendered.Object, found rule.Found) {
	before, ok := was.Typed.(*corev1.Service)
	if !ok {
		return
	}
	now, ok := is.Typed.(*corev1.Service)
	if !ok {
		return
	}
	for _, port := range before.Spec.Ports {
		if !slices.ContainsFunc(now.Spec.Ports, func(p corev1.ServicePort) bool { return p.Port == port.Port && p.Protocol == port.Protocol }) {
			found(is, rule.Key{"ports"}, "port %d (%s) vanishes", port.Port, port.Name)
		}
	}
}

func hostGone(c *Change, found rule.Found) {
	before, now := hosts(c.Was), hosts(c.Is)
	for host, o := range before {
		if now[host] == nil && c.left(o.Service) {
			found(o, rule.Key{"ingress"}, "%s is not served any more", host)
		}
	}
}

// hosts are those that a release serves, with the Ingress of each.
func hosts(r *rendered.Release) map[string]*rendered.Object {
	out := map[string]*rendered.Object{}
	for o, in := range rendered.All[*networkingv1.Ingress](r) {
		for _, rule := range in.Spec.Rules {
			out[rule.Host] = o
		}
	}
	for _, o := range r.Objects {
		if o.Is("gateway.networking.k8s.io", "HTTPRoute") || o.Is("gateway.networking.k8s.io", "GRPCRoute") {
			names, _ := o.At("spec", "hostnames").([]any)
			for _, name := range names {
				if host, ok := name.(string); ok {
					out[host] = o
				}
			}
		}
	}
	return out
}
