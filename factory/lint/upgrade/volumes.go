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
			Reason: "That works only where the storage class says allowVolumeExpansion; k3s' local-path does not.",
			Fix:    "look with kubectl get storageclass; then release, or grow the disk below it",
		},
		Run: eachClaim(func(o *rendered.Object, was, is claim, found rule.Found) {
			if !is.template && is.size.Cmp(was.size) > 0 {
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
			What:   "a StatefulSet whose claim templates change",
			Reason: "The API server refuses it, a larger size included.",
			Fix:    "keep them; or change each claim by hand, delete the StatefulSet and keep its pods (kubectl delete statefulset NAME --cascade=orphan), and release then",
		},
		Run: eachPair(claimTemplates),
	}, {
		Rule: rule.Rule{
			ID: "upgrade-volume-gone", Severity: rule.Error,
			What:   "a volume that is not in the release any more",
			Reason: "Its data goes with it, or stays in the cluster where nobody looks, if the claim says helm.sh/resource-policy: keep.",
			Fix:    "keep the volume; or save the data, and remove the claim by hand after the release",
		},
		Run: func(c *Change, found rule.Found) {
			for _, was := range c.gone("PersistentVolumeClaim") {
				if was.Annotations["helm.sh/resource-policy"] == "keep" {
					found(was, rule.Key{"volumes"}, "the claim is no longer part of the release, and stays behind with its data")
				} else {
					found(was, rule.Key{"volumes"}, "the claim is deleted with its data")
				}
			}
		},
	}}
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

// claimTemplates speaks where no other rule does: a smaller size and another class have rules of their own.
func claimTemplates(was, is *rendered.Object, found rule.Found) {
	if is.Kind != "StatefulSet" {
		return
	}
	before, now := claims(was), claims(is)
	for name, b := range now {
		a, ok := before[name]
		switch growth := b.size.Cmp(a.size); {
		case !ok:
			found(is, rule.Key{"volumes", name}, "the template %s is new", name)
		case growth > 0:
			found(is, b.key("size"), "the template %s asks for %s instead of %s", name, b.size.String(), a.size.String())
		case growth == 0 && a.class == b.class && !equality.Semantic.DeepEqual(a.pvc, b.pvc):
			found(is, rule.Key{"volumes", name}, "the template %s changes", name)
		}
	}
	for name := range before {
		if _, ok := now[name]; !ok {
			found(is, rule.Key{"volumes"}, "the template %s is gone", name)
		}
	}
}
