package checks

import (
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"

	"github.com/helm-chart-factory/factory/factory/lint/rendered"
	"github.com/helm-chart-factory/factory/factory/lint/rule"
)

func autoscaleChecks() []Check {
	return []Check{{
		Rule: rule.Rule{
			ID: "dangling-horizontalpodautoscaler", Severity: rule.Error,
			What:      "an autoscaler of a workload that the release does not hold",
			Reason:    "Nothing scales, and only its events say so.",
			Fix:       "name a workload of the release",
			Elsewhere: "kube-linter dangling-horizontalpodautoscaler, kube-score horizontalpodautoscaler-has-target",
		},
		Run: danglingScaler,
	}, {
		Rule: rule.Rule{
			ID: "hpa-with-replicas", Severity: rule.Error,
			What:      "a workload that says replicas and has an autoscaler",
			Reason:    "Each release sets the number back, in the middle of the load that had raised it.",
			Fix:       "leave replicas out where autoscale is said",
			Elsewhere: "kube-score deployment-targeted-by-hpa-does-not-have-replicas-configured",
		},
		Run: scaledReplicas,
	}, {
		Rule: rule.Rule{
			ID: "hpa-without-requests", Severity: rule.Error,
			What:   "an autoscaler by the use of CPU or memory, of containers that reserve none",
			Reason: "The use is counted in percent of the request: without one the autoscaler does nothing.",
			Fix:    "say resources: {requests: {cpu: 100m}}",
		},
		Run: scaledByNothing,
	}, {
		Rule: rule.Rule{
			ID: "hpa-range", Severity: rule.Warning,
			What:   "an autoscaler whose least is its most",
			Reason: "It cannot scale.",
			Fix:    "raise autoscale.max, or say replicas instead",
		},
		Run: scaledRange,
	}}
}

func danglingScaler(j *Judged, found rule.Found) {
	for _, s := range j.Scalers() {
		if j.Find(s.Kind, s.Namespace, s.Name) == nil {
			found(s.Object, rule.Key{"autoscale"}, "the release holds no %s %s", s.Kind, s.Name)
		}
	}
}

func scaledReplicas(j *Judged, found rule.Found) {
	for _, s := range j.Scalers() {
		if w := j.Find(s.Kind, s.Namespace, s.Name); w != nil && w.At("spec", "replicas") != nil {
			found(w, rule.Key{"replicas"}, "it says %v replicas, and %s sets their number", w.At("spec", "replicas"), s.Object)
		}
	}
}

func scaledByNothing(j *Judged, found rule.Found) {
	for _, s := range j.Scalers() {
		for _, p := range j.Pods() {
			if p.Object != j.Find(s.Kind, s.Namespace, s.Name) {
				continue
			}
			for _, resource := range scaledBy(s.Object) {
				unreserved(p, resource, found)
			}
		}
	}
}

// scaledBy are the resources by whose use, in percent of what is reserved, an autoscaler goes.
func scaledBy(o *rendered.Object) []corev1.ResourceName {
	var out []corev1.ResourceName
	if o.At("spec", "targetCPUUtilizationPercentage") != nil { // autoscaling/v1
		out = append(out, corev1.ResourceCPU)
	}
	if s, ok := o.Typed.(*autoscalingv2.HorizontalPodAutoscaler); ok {
		for _, m := range s.Spec.Metrics {
			if m.Resource != nil && m.Resource.Target.Type == autoscalingv2.UtilizationMetricType {
				out = append(out, m.Resource.Name)
			}
		}
	}
	return out
}

func unreserved(p *rendered.Pod, resource corev1.ResourceName, found rule.Found) {
	for c := range p.Containers() {
		_, requested := c.Resources.Requests[resource]
		_, limited := c.Resources.Limits[resource] // which is then the request too
		if !c.Init && !requested && !limited {
			found(p.Object, c.Key("resources", "requests", string(resource)), "container %s reserves no %s, and the pods are scaled by it", c.Name, resource)
		}
	}
}

func scaledRange(j *Judged, found rule.Found) {
	for _, s := range j.Scalers() {
		if s.Min >= s.Max {
			found(s.Object, rule.Key{"autoscale"}, "at least %d and at most %d", s.Min, s.Max)
		}
	}
}
