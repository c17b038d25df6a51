package deploy

import (
	"fmt"

	helmkube "helm.sh/helm/v3/pkg/kube"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	"k8s.io/cli-runtime/pkg/resource"
	"k8s.io/client-go/kubernetes/scheme"
)

// blend returns what the next revision of an object has to be compared with after revisions that failed: what the last good one said
// of it, and over that what the failed ones said, since any of it may be in the cluster. Helm compares with the last good one alone and
// leaves every field that only a failed one had: a variable, a mount, or the other kind of probe, for which the cluster then refuses
// the object. Objects of custom kinds stay as they are: Helm compares them without looking at the live one.
func blend(good *unstructured.Unstructured, failed ...*unstructured.Unstructured) (*unstructured.Unstructured, error) {
	typed, err := scheme.Scheme.New(good.GroupVersionKind())
	if err != nil {
		return good, nil
	}
	blended := good.DeepCopy()
	for _, said := range failed {
		if said.GroupVersionKind() != good.GroupVersionKind() {
			continue
		}
		both, err := strategicpatch.StrategicMergeMapPatch(blended.Object, said.DeepCopy().Object, typed)
		if err != nil {
			return nil, fmt.Errorf("comparing %s with what a failed revision said of it: %w", refOf(good), err)
		}
		blended.Object = both
	}
	return blended, nil
}

// blendInto has Helm compare an object of original, a list of its own, with what a failed revision said of it, too.
func blendInto(original helmkube.ResourceList, failed *resource.Info) error {
	for i, info := range original {
		if !sameObject(info, failed) {
			continue
		}
		before, err := object(info)
		if err != nil {
			return err
		}
		said, err := object(failed)
		if err != nil {
			return err
		}
		blended, err := blend(before, said)
		if err != nil {
			return err
		}
		original[i] = copyInfo(info)
		original[i].Object = blended
	}
	return nil
}

func sameObject(a, b *resource.Info) bool {
	return a.Name == b.Name && a.Namespace == b.Namespace && a.Mapping.GroupVersionKind.GroupKind() == b.Mapping.GroupVersionKind.GroupKind()
}
