package checks

import (
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/helm-chart-factory/factory/factory/lint/rendered"
	"github.com/helm-chart-factory/factory/factory/lint/rule"
)

func availabilityChecks() []Check {
	return []Check{{
		Rule: rule.Rule{
			ID: "no-pod-disruption-budget", Severity: rule.Warning,
			What:      "several replicas without a PodDisruptionBudget",
			Reason:    "Draining nodes for an upgrade may take all of them away at once.",
			Fix:       "say budget: {maxUnavailable: 1}",
			Elsewhere: "kube-score deployment-has-poddisruptionbudget, statefulset-has-poddisruptionbudget",
		},
		Run: noBudget,
	}, {
		Rule: rule.Rule{
			ID: "pdb-blocks-eviction", Severity: rule.Error,
			What:      "a PodDisruptionBudget that never lets a pod go",
			Reason:    "A node that runs one of these pods cannot be drained: upgrades of the cluster stop there until somebody deletes the pod.",
			Fix:       "allow one: budget: {maxUnavailable: 1}; for a single replica leave the budget out",
			Elsewhere: "kube-linter pdb-max-unavailable, pdb-min-available",
		},
		Run: blockingBudget,
	}, {
		Rule: rule.Rule{
			ID: "dangling-pdb", Severity: rule.Error,
			What:   "a PodDisruptionBudget that covers no pod of the release",
			Reason: "It protects nothing.",
			Fix:    "select the labels of the pods that it is for",
		},
		Run: danglingBudget,
	}, {
		Rule: rule.Rule{
			ID: "no-anti-affinity", Severity: rule.Warning,
			What:      "several replicas with nothing that keeps them apart",
			Reason:    "The scheduler spreads them by itself, but counts those that a rollout removes, too: all that stay may be on one node, and end with it.",
			Fix:       "leave spread out, since it is soft over hosts and zones by itself, or say spread: {host: hard} or an affinity",
			Elsewhere: "kube-linter no-anti-affinity, kube-score deployment-has-host-podantiaffinity, pod-topology-spread-constraints",
		},
		Run: eachPod(together),
	}, {
		Rule: rule.Rule{
			ID: "no-rolling-update-strategy", Severity: rule.Warning,
			What:      "several replicas that an update stops all at once",
			Reason:    "Every release is an outage, though there are replicas to prevent it.",
			Fix:       "leave strategy out, or say strategy: {type: RollingUpdate}",
			Elsewhere: "kube-linter no-rolling-update-strategy",
		},
		Run: eachPod(recreate),
	}, {
		Rule: rule.Rule{
			ID: "rolling-update-with-volume", Severity: rule.Error,
			What:   "a Deployment that updates by rolling while it holds a volume that one node can use",
			Reason: "The new pod waits for the volume that the old one holds, and the old one waits for the new one to be ready.",
			Fix:    "say strategy: {type: Recreate}, kind: StatefulSet, or access: ReadWriteMany",
		},
		Run: rollingWithVolume,
	}}
}

// budgets gives the PodDisruptionBudgets that cover a pod.
func budgets(j *Judged, p *rendered.Pod) []*policyv1.PodDisruptionBudget {
	var out []*policyv1.PodDisruptionBudget
	for o, b := range rendered.All[*policyv1.PodDisruptionBudget](j.Release) {
		if o.Namespace == p.Namespace && rendered.Selects(b.Spec.Selector, p.Meta.Labels) {
			out = append(out, b)
		}
	}
	return out
}

func noBudget(j *Judged, found rule.Found) {
	for _, p := range j.Pods() {
		if p.Replicas > 1 && workload(p) && len(budgets(j, p)) == 0 {
			found(p.Object, rule.Key{"budget"}, "%d replicas and no PodDisruptionBudget", p.Replicas)
		}
	}
}

func blockingBudget(j *Judged, found rule.Found) {
	for o, b := range rendered.All[*policyv1.PodDisruptionBudget](j.Release) {
		for _, p := range j.Pods() {
			if o.Namespace != p.Namespace || !workload(p) || !rendered.Selects(b.Spec.Selector, p.Meta.Labels) {
				continue
			}
			if cause := blocks(b.Spec, p.Replicas); cause != "" && p.Kind != "DaemonSet" {
				found(o, rule.Key{"budget"}, "of %d replicas of %s, %s", p.Replicas, p.Object, cause)
			}
		}
	}
}

// blocks says why a budget lets none of the replicas go, or nothing.
func blocks(b policyv1.PodDisruptionBudgetSpec, replicas int) string {
	if b.MaxUnavailable != nil {
		if n, err := intstr.GetScaledValueFromIntOrPercent(b.MaxUnavailable, replicas, true); err == nil && n == 0 {
			return fmt.Sprintf("none may be unavailable (maxUnavailable: %s)", b.MaxUnavailable)
		}
	}
	if b.MinAvailable != nil {
		if n, err := intstr.GetScaledValueFromIntOrPercent(b.MinAvailable, replicas, true); err == nil && n >= replicas {
			return fmt.Sprintf("all have to be available (minAvailable: %s)", b.MinAvailable)
		}
	}
	return ""
}

func danglingBudget(j *Judged, found rule.Found) {
next:
	for o, b := range rendered.All[*policyv1.PodDisruptionBudget](j.Release) {
		for _, p := range j.Pods() {
			if o.Namespace == p.Namespace && rendered.Selects(b.Spec.Selector, p.Meta.Labels) {
				continue next
			}
		}
		found(o, rule.Key{"budget"}, "it selects none of the release's pods")
	}
}

func together(p *rendered.Pod, found rule.Found) {
	if p.Replicas < 2 || !workload(p) || len(p.Spec.TopologySpreadConstraints) > 0 {
		return
	}
	if a := p.Spec.Affinity; a != nil && a.PodAntiAffinity != nil {
		return
	}
	found(p.Object, rule.Key{"spread"}, "%d replicas, with neither a topology spread nor an anti-affinity", p.Replicas)
}

func recreate(p *rendered.Pod, found rule.Found) {
	d, ok := p.Typed.(*appsv1.Deployment)
	if !ok || p.Replicas < 2 {
		return
	}
	if d.Spec.Strategy.Type == appsv1.RecreateDeploymentStrategyType {
		found(p.Object, rule.Key{"strategy"}, "%d replicas, and the strategy Recreate ends them before new ones start", p.Replicas)
	}
}

func rollingWithVolume(j *Judged, found rule.Found) {
	for o, d := range rendered.All[*appsv1.Deployment](j.Release) {
		if d.Spec.Strategy.Type == appsv1.RecreateDeploymentStrategyType || surge(d) == 0 {
			continue
		}
		for _, v := range d.Spec.Template.Spec.Volumes {
			if v.PersistentVolumeClaim == nil {
				continue
			}
			claim := j.Find("PersistentVolumeClaim", o.Namespace, v.PersistentVolumeClaim.ClaimName)
			if claim == nil {
				continue
			}
			if pvc, ok := claim.Typed.(*corev1.PersistentVolumeClaim); ok && oneNode(pvc.Spec.AccessModes) {
				found(o, rule.Key{"volumes", v.Name}, "the volume %s is %s, and an update starts the new pod beside the old one", v.Name, pvc.Spec.AccessModes[0])
			}
		}
	}
}

// surge is how many pods a rolling update makes above the wanted number.
func surge(d *appsv1.Deployment) int {
	if d.Spec.Strategy.RollingUpdate == nil || d.Spec.Strategy.RollingUpdate.MaxSurge == nil {
		return 1
	}
	replicas := 1
	if d.Spec.Replicas != nil {
		replicas = int(*d.Spec.Replicas)
	}
	n, err := intstr.GetScaledValueFromIntOrPercent(d.Spec.Strategy.RollingUpdate.MaxSurge, replicas, true)
	if err != nil {
		return 1
	}
	return n
}

// oneNode tells whether a volume can be used on one node only.
func oneNode(modes []corev1.PersistentVolumeAccessMode) bool {
	for _, mode := range modes {
		if mode == corev1.ReadWriteMany || mode == corev1.ReadOnlyMany {
			return false
		}
	}
	return len(modes) > 0
}
