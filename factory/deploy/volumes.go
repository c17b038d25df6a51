package deploy

import (
	"context"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

// VolumeError says that the chart wants what cannot be done to volumes that exist. Nothing was touched.
type VolumeError struct {
	// Problems are sentences, each with what to do about it.
	Problems []VolumeProblem
}

// VolumeProblem is one claim, or one workload's claims, that cannot become what the chart says.
type VolumeProblem struct {
	// Object is kind/name of what the chart says it of.
	Object      string
	Cause, Next string
}

func (e *VolumeError) Error() string {
	var lines []string
	for _, problem := range e.Problems {
		lines = append(lines, fmt.Sprintf("%s: %s\nnext: %s", problem.Object, problem.Cause, problem.Next))
	}
	return strings.Join(lines, "\n")
}

// volumeChanges is what has to be done to volumes so that they become what the chart says, beyond what Helm does: claims
// made from a StatefulSet's templates are nobody's object, and the templates themselves cannot change.
type volumeChanges struct {
	// grow are claims of StatefulSets and the size that they get.
	grow []growth
	// recreate are the StatefulSets whose templates change.
	recreate map[objectKey]bool
	// keep are sizes that somebody gave by hand, or that a rollback cannot take back, and that stay: those of claims in the
	// chart, by object, and those of a StatefulSet's templates, by template.
	keep map[objectKey]map[string]resource.Quantity
}

type growth struct {
	namespace, claim string
	from, to         resource.Quantity
}

// inspection looks at the volumes of one release before it is written.
type inspection struct {
	*deployment
	// claims are those that exist, by namespace/name; classes the storage classes that were looked at.
	claims  map[string]*corev1.PersistentVolumeClaim
	classes map[string]*bool
	// rollback tells that sizes which went up since stay up.
	rollback bool
	changes  *volumeChanges
	problems []VolumeProblem
}

// inspectVolumes finds out what has to become of the volumes, and refuses what cannot be done, before anything is touched.
func (d *deployment) inspectVolumes(ctx context.Context, next, base []item, rollback bool) (*volumeChanges, error) {
	i := &inspection{deployment: d, rollback: rollback, classes: map[string]*bool{},
		changes: &volumeChanges{recreate: map[objectKey]bool{}, keep: map[objectKey]map[string]resource.Quantity{}}}
	before := map[objectKey]*unstructured.Unstructured{}
	for _, old := range base {
		before[old.key(d.Namespace)] = old.object
	}
	for _, wanted := range next {
		kind := wanted.object.GroupVersionKind().GroupKind().String()
		if kind != "PersistentVolumeClaim" && kind != "StatefulSet.apps" {
			continue
		}
		if err := i.load(ctx); err != nil {
			return nil, err
		}
		key := wanted.key(d.Namespace)
		var err error
		if kind == "PersistentVolumeClaim" {
			err = i.claim(ctx, key, wanted.object, before[key])
		} else {
			err = i.statefulSet(ctx, key, wanted.object, before[key])
		}
		if err != nil {
			return nil, err
		}
	}
	if len(i.problems) > 0 {
		return nil, &VolumeError{Problems: i.problems}
	}
	return i.changes, nil
}

// load lists the claims of the release's namespace, once.
func (i *inspection) load(ctx context.Context) error {
	if i.claims != nil {
		return nil
	}
	client, err := i.Cluster.Client()
	if err != nil {
		return err
	}
	i.claims = map[string]*corev1.PersistentVolumeClaim{}
	list, err := client.CoreV1().PersistentVolumeClaims(i.Namespace).List(ctx, metav1.ListOptions{})
	if apierrors.IsForbidden(err) {
		return nil // the API server will say what cannot be done
	}
	if err != nil {
		return fmt.Errorf("listing the volume claims of namespace %q: %w", i.Namespace, err)
	}
	for n := range list.Items {
		i.claims[list.Items[n].Namespace+"/"+list.Items[n].Name] = &list.Items[n]
	}
	return nil
}

// claim judges a claim that is an object of the chart; Helm itself writes it.
func (i *inspection) claim(ctx context.Context, key objectKey, wanted, before *unstructured.Unstructured) error {
	live := i.claims[key.namespace+"/"+key.name]
	want, said := sizeOf(wanted.Object)
	if live == nil || !said {
		return nil
	}
	_, keep, err := i.judge(ctx, refOf(wanted), live, want, unchangedSize(before, want))
	if keep {
		i.keep(key, "", requested(live))
	}
	return err
}

// judge says whether a claim has to grow to the size that is wanted, or keeps a bigger one that it has. What cannot be done
// becomes a problem.
func (i *inspection) judge(ctx context.Context, object string, claim *corev1.PersistentVolumeClaim, want resource.Quantity, same bool) (grow, keep bool, err error) {
	have := requested(claim)
	switch want.Cmp(have) {
	case 0:
		return false, false, nil
	case -1:
		if same || i.rollback {
			i.Say("claim %s keeps its %s: volumes never shrink", claim.Name, have.String())
			return false, true, nil
		}
		i.problem(object, fmt.Sprintf("claim %s has %s and the chart says %s: Kubernetes never makes a volume smaller", claim.Name, have.String(), want.String()),
			fmt.Sprintf("say size: %s or more in the service's service.yaml. To get a smaller one: save the data, factory destroy --volumes, factory deploy", have.String()))
		return false, false, nil
	}
	if claim.Status.Phase != corev1.ClaimBound {
		i.problem(object, fmt.Sprintf("claim %s is to grow from %s to %s and has no volume yet", claim.Name, have.String(), want.String()),
			fmt.Sprintf("kubectl -n %s delete pvc %s   (there is no data in it), then run this again", claim.Namespace, claim.Name))
		return false, false, nil
	}
	class, grows, err := i.expandable(ctx, claim)
	if err != nil {
		return false, false, err
	}
	if !grows {
		i.problem(object, fmt.Sprintf("claim %s cannot grow from %s to %s: its storage class %s does not let volumes grow (allowVolumeExpansion)", claim.Name, have.String(), want.String(), class),
			fmt.Sprintf("say size: %s in the service's service.yaml, or move the data to a class that can: save it, factory destroy --volumes, name the class, factory deploy", have.String()))
		return false, false, nil
	}
	return true, false, nil
}

// expandable tells whether the class of a claim lets its volumes grow. What cannot be looked at is left to the API server.
func (i *inspection) expandable(ctx context.Context, claim *corev1.PersistentVolumeClaim) (class string, grows bool, err error) {
	if claim.Spec.StorageClassName != nil {
		class = *claim.Spec.StorageClassName
	}
	if class == "" {
		return `"" (none)`, false, nil
	}
	if known, there := i.classes[class]; there {
		return class, known == nil || *known, nil
	}
	client, err := i.Cluster.Client()
	if err != nil {
		return "", false, err
	}
	found, err := client.StorageV1().StorageClasses().Get(ctx, class, metav1.GetOptions{})
	switch {
	case apierrors.IsForbidden(err):
		i.classes[class] = nil
		return class, true, nil
	case err != nil && !apierrors.IsNotFound(err):
		return "", false, fmt.Errorf("reading storage class %q: %w", class, err)
	}
	allows := err == nil && found.AllowVolumeExpansion != nil && *found.AllowVolumeExpansion
	i.classes[class] = &allows
	return class, allows, nil
}

func (i *inspection) keep(key objectKey, template string, size resource.Quantity) {
	if i.changes.keep[key] == nil {
		i.changes.keep[key] = map[string]resource.Quantity{}
	}
	i.changes.keep[key][template] = size
}

func (i *inspection) problem(object, cause, next string) {
	i.problems = append(i.problems, VolumeProblem{Object: object, Cause: cause, Next: next})
}

// unchangedSize tells whether the last release said the same size.
func unchangedSize(before *unstructured.Unstructured, want resource.Quantity) bool {
	if before == nil {
		return false
	}
	was, said := sizeOf(before.Object)
	return said && was.Cmp(want) == 0
}

func requested(claim *corev1.PersistentVolumeClaim) resource.Quantity {
	return claim.Spec.Resources.Requests[corev1.ResourceStorage]
}

// sizeOf is the size that a claim, or a template of one, asks for.
func sizeOf(claim map[string]any) (size resource.Quantity, said bool) {
	var typed corev1.PersistentVolumeClaim
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(claim, &typed); err != nil {
		return resource.Quantity{}, false
	}
	size, said = typed.Spec.Resources.Requests[corev1.ResourceStorage]
	return size, said
}

func setSize(claim map[string]any, size resource.Quantity) error {
	return unstructured.SetNestedField(claim, size.String(), "spec", "resources", "requests", "storage")
}
