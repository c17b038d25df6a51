package checks

import (
	"path"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/helm-chart-factory/factory/factory/lint/rendered"
	"github.com/helm-chart-factory/factory/factory/lint/rule"
)

func volumeChecks() []Check {
	return []Check{{
		Rule: rule.Rule{
			ID: "dangling-volume-mount", Severity: rule.Error,
			What:   "a mount of a volume that the pod does not have",
			Reason: "The API server refuses the pod.",
			Fix:    "declare the volume, or take the mount away",
		},
		Run: danglingMount,
	}, {
		Rule: rule.Rule{
			ID: "duplicate-mount-path", Severity: rule.Error,
			What:   "two volumes at the same place in a container",
			Reason: "The API server refuses the pod.",
			Fix:    "give each a path of its own",
		},
		Run: eachContainer(duplicateMount),
	}, {
		Rule: rule.Rule{
			ID: "statefulset-service", Severity: rule.Error,
			What:      "a StatefulSet of several replicas whose governing Service the release does not hold, or is not headless",
			Reason:    "Its pods have no addresses of their own, which is what members of a StatefulSet find each other by.",
			Fix:       "say service: {headless: true}, and at least one port",
			Elsewhere: "kube-score statefulset-has-servicename",
		},
		Run: governingService,
	}}
}

func danglingMount(j *Judged, found rule.Found) {
	for _, p := range j.Pods() {
		have := map[string]bool{}
		for _, v := range p.Spec.Volumes {
			have[v.Name] = true
		}
		if set, ok := p.Typed.(*appsv1.StatefulSet); ok {
			for _, claim := range set.Spec.VolumeClaimTemplates {
				have[claim.Name] = true
			}
		}
		for c := range p.Containers() {
			for _, mount := range c.VolumeMounts {
				if !have[mount.Name] {
					found(p.Object, c.Key("volumes", mount.Name), "container %s mounts %s, and the pod has no such volume", c.Name, mount.Name)
				}
			}
		}
	}
}

func duplicateMount(c rendered.Container, found rule.Found) {
	taken := map[string]string{}
	for _, mount := range c.VolumeMounts {
		at := path.Clean(mount.MountPath)
		if other, ok := taken[at]; ok {
			found(c.Pod.Object, c.Key("volumes", mount.Name), "container %s mounts both %s and %s at %s", c.Name, other, mount.Name, at)
		}
		taken[at] = mount.Name
	}
}

func governingService(j *Judged, found rule.Found) {
	for o, set := range rendered.All[*appsv1.StatefulSet](j.Release) {
		if set.Spec.Replicas == nil || *set.Spec.Replicas < 2 {
			continue // one pod needs no address beside its Service's
		}
		if set.Spec.ServiceName == "" {
			found(o, rule.Key{"service"}, "it names no Service, and there are %d replicas", *set.Spec.Replicas)
			continue
		}
		governing := j.Find("Service", o.Namespace, set.Spec.ServiceName)
		if governing == nil {
			found(o, rule.Key{"service"}, "the release holds no Service %s, and there are %d replicas", set.Spec.ServiceName, *set.Spec.Replicas)
			continue
		}
		if service, ok := governing.Typed.(*corev1.Service); ok && service.Spec.ClusterIP != corev1.ClusterIPNone {
			found(o, rule.Key{"service", "headless"}, "Service %s is not headless, and there are %d replicas", service.Name, *set.Spec.Replicas)
		}
	}
}
