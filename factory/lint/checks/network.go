package checks

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/helm-chart-factory/factory/factory/lint/rendered"
	"github.com/helm-chart-factory/factory/factory/lint/rule"
)

func networkChecks() []Check {
	return []Check{{
		Rule: rule.Rule{
			ID: "non-isolated-pod", Severity: rule.Warning,
			What:      "a pod that no NetworkPolicy covers",
			Reason:    "Every pod of the cluster may connect to it.",
			Fix:       "let the service's own policy select it, or add one for it",
			Elsewhere: "kube-linter non-isolated-pod, kube-score pod-networkpolicy",
		},
		Run: nonIsolated,
	}, {
		Rule: rule.Rule{
			ID: "dangling-networkpolicy", Severity: rule.Error,
			What:      "a NetworkPolicy that selects no pod of the release",
			Reason:    "It guards nothing, and what it was for stands open.",
			Fix:       "select the labels of the pods that it is for",
			Elsewhere: "kube-linter dangling-networkpolicy, kube-score networkpolicy-targets-pod",
		},
		Run: danglingPolicy,
	}, {
		Rule: rule.Rule{
			ID: "dangling-servicemonitor", Severity: rule.Error,
			What:      "a ServiceMonitor or PodMonitor that selects nothing of the release, or a port that is not there",
			Reason:    "Prometheus shows no target, and no alert fires for what is not measured.",
			Fix:       "name one of the service's ports in metrics.port",
			Elsewhere: "kube-linter dangling-servicemonitor",
		},
		Run: danglingMonitor,
	}}
}

func nonIsolated(j *Judged, found rule.Found) {
	for _, p := range j.Pods() {
		if p.IsHook() {
			continue
		}
		covered := false
		for o, policy := range rendered.All[*networkingv1.NetworkPolicy](j.Release) {
			covered = covered || o.Namespace == p.Namespace && rendered.Selects(&policy.Spec.PodSelector, p.Meta.Labels)
		}
		if !covered && !p.Spec.HostNetwork {
			found(p.Object, rule.Key{"network"}, "no NetworkPolicy selects its pods")
		}
	}
}

func danglingPolicy(j *Judged, found rule.Found) {
	for o, policy := range rendered.All[*networkingv1.NetworkPolicy](j.Release) {
		if !slices.ContainsFunc(j.Pods(), func(p *rendered.Pod) bool {
			return o.Namespace == p.Namespace && rendered.Selects(&policy.Spec.PodSelector, p.Meta.Labels)
		}) {
			found(o, rule.Key{"network"}, "it selects none of the release's pods")
		}
	}
}

func danglingMonitor(j *Judged, found rule.Found) {
	for _, o := range j.Objects {
		switch {
		case o.Is("monitoring.coreos.com", "ServiceMonitor"):
			serviceMonitor(j, o, found)
		case o.Is("monitoring.coreos.com", "PodMonitor"):
			podMonitor(j, o, found)
		}
	}
}

func serviceMonitor(j *Judged, o *rendered.Object, found rule.Found) {
	selector, elsewhere := monitorSelector(o)
	if selector == nil || elsewhere {
		return
	}
	var services []*corev1.Service
	for object, s := range rendered.All[*corev1.Service](j.Release) {
		if object.Namespace == o.Namespace && selector.Matches(labels.Set(s.Labels)) {
			services = append(services, s)
		}
	}
	if len(services) == 0 {
		found(o, rule.Key{"metrics"}, "it selects no Service of the release")
		return
	}
	for _, endpoint := range o.Maps("spec", "endpoints") {
		name, _ := endpoint["port"].(string)
		has := slices.ContainsFunc(services, func(s *corev1.Service) bool {
			return slices.ContainsFunc(s.Spec.Ports, func(p corev1.ServicePort) bool { return p.Name == name })
		})
		if name != "" && !has {
			found(o, rule.Key{"metrics", "port"}, "Service %s has no port called %s", services[0].Name, name)
		}
	}
}

func podMonitor(j *Judged, o *rendered.Object, found rule.Found) {
	selector, elsewhere := monitorSelector(o)
	if selector == nil || elsewhere {
		return
	}
	pods := j.Selected(o.Namespace, selector)
	if len(pods) == 0 {
		found(o, rule.Key{"metrics"}, "it selects no pod of the release")
		return
	}
	for _, endpoint := range o.Maps("spec", "podMetricsEndpoints") {
		if name, _ := endpoint["port"].(string); name != "" && !anyListens(pods, intstr.FromString(name), "") {
			found(o, rule.Key{"metrics", "port"}, "%s has no port called %s", pods[0].Object, name)
		}
	}
}

// monitorSelector returns what a monitor selects, and whether it looks into other namespaces.
func monitorSelector(o *rendered.Object) (selector labels.Selector, elsewhere bool) {
	fields, ok := o.At("spec", "selector").(map[string]any)
	if !ok {
		return nil, false
	}
	var s metav1.LabelSelector
	if err := fromFields(fields, &s); err != nil {
		return nil, false // the schema says what is wrong with it
	}
	selector, err := metav1.LabelSelectorAsSelector(&s)
	if err != nil {
		return nil, false
	}
	return selector, o.At("spec", "namespaceSelector") != nil
}
