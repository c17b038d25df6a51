package upgrade

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/helm-chart-factory/factory/factory/lint/rendered"
	"github.com/helm-chart-factory/factory/factory/lint/rule"
)

func volumeChecks() []Check {
	return []Check{{
		Rule: rule.Rule{
			ID: "upgrade-shrinking-volume", Severity: rule.Error,
			What:   "a volume that becomes smaller",
			Reason: "The API server refuses it: no volume shrinks.",
			Fix:    "keep the size; or make a second volume of the wanted size and move the data",
		},
		Run: eachClaim(func(o *rendered.Object, was, is claim, found rule.Found) {
			if is.size.Cmp(was.size) < 0 {
				found(o, is.key("size"), "the volume %s was %s and becomes %s", is.name, was.size.String(), is.size.String())
			}
		}),
	}, {
		Rule: rule.Rule{
			ID: "upgrade-growing-volume", Severity: rule.Warning,
			What:   "a volume that becomes larger",
			Reason: "That works only where the storage class says allowVolumeExpansion, which k3s' local-path does not. For a StatefulSet factory deploy makes the claims larger; plain helm is refused.",
			Fix:    "look with kubectl get storageclass; then release with factory deploy",
		},
		Run: eachClaim(func(o *rendered.Object, was, is claim, found rule.Found) {
			if is.size.Cmp(was.size) > 0 {
				found(o, is.key("size"), "the volume %s was %s and becomes %s", is.name, was.size.String(), is.size.String())
			}
		}),
	}, {
		Rule: rule.Rule{
			ID: "upgrade-storage-class", Severity: rule.Error,
			What:   "a volume that changes its storage class",
			Reason: "The API server refuses it: a volume is made by one class and stays there.",
			Fix:    "keep the class; or make a second volume of the wanted class and move the data",
		},
		Run: eachClaim(func(o *rendered.Object, was, is claim, found rule.Found) {
			if was.class != is.class {
				found(o, is.key("class"), "the volume %s was of %s and becomes of %s", is.name, className(was.class), className(is.class))
			}
		}),
	}, {
		Rule: rule.Rule{
			ID: "upgrade-claim-templates", Severity: rule.Error,
			What:   "a StatefulSet whose claim templates change in more than their size",
			Reason: "The API server refuses it, and volumes that exist cannot become what the template says.",
			Fix:    "keep the template; or add a volume of another name and move the data",
		},
		Run: eachClaim(func(o *rendered.Object, was, is claim, found rule.Found) {
			if !is.template {
				return
			}
			then := was.pvc.DeepCopy()
			then.Spec.Resources.Requests, then.Spec.StorageClassName = is.pvc.Spec.Resources.Requests, is.pvc.Spec.StorageClassName
			if !equality.Semantic.DeepEqual(then, is.pvc) {
				found(o, rule.Key{"volumes", is.name}, "the template %s changes", is.name)
			}
		}),
	}, {
		Rule: rule.Rule{
			ID: "upgrade-volume-added", Severity: rule.Warning,
			What:   "a StatefulSet that gets another claim template",
			Reason: "The API server refuses the change: factory deploy makes the StatefulSet anew around its pods, and plain helm fails.",
			Fix:    "release with factory deploy",
		},
		Run: eachPair(func(was, is *rendered.Object, found rule.Found) {
			before := claims(was)
			for name, c := range claims(is) {
				if _, ok := before[name]; !ok && c.template {
					found(is, rule.Key{"volumes", name}, "the template %s is new", name)
				}
			}
		}),
	}, {
		Rule: rule.Rule{
			ID: "upgrade-volume-gone", Severity: rule.Error,
			What:   "a volume that is not in the release any more",
			Reason: "Its data goes with it, or stays in the cluster where nobody looks, if the claim says helm.sh/resource-policy: keep.",
			Fix:    "keep the volume; or save the data, and remove the claim by hand after the release",
		},
		Run: volumeGone,
	}}
}

func volumeGone(c *Change, found rule.Found) {
	for _, was := range c.gone("PersistentVolumeClaim") {
		if was.Annotations["helm.sh/resource-policy"] == "keep" {
			found(was, rule.Key{"volumes"}, "the claim is no longer part of the release, and stays behind with its data")
		} else {
			found(was, rule.Key{"volumes"}, "the claim is deleted with its data")
		}
	}
	eachPair(func(was, is *rendered.Object, found rule.Found) {
		now := claims(is)
		for name, c := range claims(was) {
			if _, ok := now[name]; !ok && c.template {
				found(is, rule.Key{"volumes"}, "the template %s is gone, and the claims made from it stay behind with their data", name)
			}
		}
	})(c, found)
}

// claim is what a persistent volume is made from.
type claim struct {
	name, class string
	size        resource.Quantity
	template    bool // of a StatefulSet
	volume      string
	pvc         *corev1.PersistentVolumeClaim
}

func (c claim) key(field string) rule.Key { return rule.Key{"volumes", c.volume, field} }

// claims are those that an object is or makes, by name.
func claims(o *rendered.Object) map[string]claim {
	out := map[string]claim{}
	add := func(pvc *corev1.PersistentVolumeClaim, volume string, template bool) {
		class := ""
		if pvc.Spec.StorageClassName != nil {
			class = *pvc.Spec.StorageClassName
		}
		out[pvc.Name] = claim{pvc.Name, class, pvc.Spec.Resources.Requests[corev1.ResourceStorage], template, volume, pvc}
	}
	switch w := o.Typed.(type) {
	case *corev1.PersistentVolumeClaim:
		volume := w.Name
		if n := len(o.Service) + 1; len(volume) > n && volume[:n] == o.Service+"-" {
			volume = volume[n:]
		}
		add(w, volume, false)
	case *appsv1.StatefulSet:
		for i := range w.Spec.VolumeClaimTemplates {
			add(&w.Spec.VolumeClaimTemplates[i], w.Spec.VolumeClaimTemplates[i].Name, true)
		}
	}
	return out
}

// eachClaim makes a check of one that looks at every claim that was there and still is.
func eachClaim(look func(o *rendered.Object, was, is claim, found rule.Found)) func(*Change, rule.Found) {
	return eachPair(func(was, is *rendered.Object, found rule.Found) {
		before := claims(was)
		for name, now := range claims(is) {
			if then, ok := before[name]; ok {
				look(is, then, now, found)
			}
		}
	})
}

func className(class string) string {
	if class == "" {
		return "the default class"
	}
	return "class " + class
}
