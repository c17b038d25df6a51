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

// target returns the workload that an autoscaler is set on, or nil.
func target(j *Judged, o *rendered.Object, s *autoscalingv2.HorizontalPodAutoscaler) *rendered.Object {
	return j.Find(s.Spec.ScaleTargetRef.Kind, o.Namespace, s.Spec.ScaleTargetRef.Name)
}

func danglingScaler(j *Judged, found rule.Found) {
	for o, s := range rendered.All[*autoscalingv2.HorizontalPodAutoscaler](j.Release) {
		if target(j, o, s) == nil {
			found(o, rule.Key{"autoscale"}, "the release holds no %s %s", s.Spec.ScaleTargetRef.Kind, s.Spec.ScaleTargetRef.Name)
		}
	}
}

func scaledReplicas(j *Judged, found rule.Found) {
	for o, s := range rendered.All[*autoscalingv2.HorizontalPodAutoscaler](j.Release) {
		if w := target(j, o, s); w != nil && w.At("spec", "replicas") != nil {
			found(w, rule.Key{"replicas"}, "it says %v replicas, and %s sets their number", w.At("spec", "replicas"), o)
		}
	}
}

func scaledByNothing(j *Judged, found rule.Found) {
	for o, s := range rendered.All[*autoscalingv2.HorizontalPodAutoscaler](j.Release) {
		for _, m := range s.Spec.Metrics {
			if m.Resource == nil || m.Resource.Target.Type != autoscalingv2.UtilizationMetricType {
				continue
			}
			for _, p := range j.Pods() {
				if p.Object == target(j, o, s) {
					unreserved(p, m.Resource.Name, found)
				}
			}
		}
	}
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
	for o, s := range rendered.All[*autoscalingv2.HorizontalPodAutoscaler](j.Release) {
		least := int32(1)
		if s.Spec.MinReplicas != nil {
			least = *s.Spec.MinReplicas
		}
		if least >= s.Spec.MaxReplicas {
			found(o, rule.Key{"autoscale"}, "at least %d and at most %d", least, s.Spec.MaxReplicas)
		}
	}
}
