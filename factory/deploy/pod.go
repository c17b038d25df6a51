package deploy

import (
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/helm-chart-factory/factory/factory/deploy/plan"
)

// tryPod tries out a pod of a workload: Pod Security, quotas and limits refuse pods, not what makes them, and a deploy
// would only find out while it waits.
func (c *comparison) tryPod(object *plan.Object, workload *unstructured.Unstructured) {
	pod := podOf(workload)
	if pod == nil {
		return
	}
	tried := c.stage.create(pod)
	if tried.err == nil || !admission(tried.err) {
		return
	}
	object.Refused = plan.Explain(object, tried.err)
}

// podOf is a pod as the controller of a workload would make it, or nil when the object makes no pods.
func podOf(workload *unstructured.Unstructured) *unstructured.Unstructured {
	if workload == nil {
		return nil
	}
	if workload.GetKind() == "Pod" {
		return workload
	}
	path := []string{"spec", "template"}
	if workload.GetKind() == "CronJob" {
		path = []string{"spec", "jobTemplate", "spec", "template"}
	}
	group := workload.GroupVersionKind().Group
	template, found, err := unstructured.NestedMap(workload.Object, path...)
	if group != "apps" && group != "batch" || !found || err != nil {
		return nil
	}
	pod := &unstructured.Unstructured{Object: template}
	pod.SetAPIVersion("v1")
	pod.SetKind("Pod")
	pod.SetNamespace(workload.GetNamespace())
	pod.SetName(workload.GetName() + "-plan")
	// The account may be one that the same release brings; that of the namespace is there.
	_ = unstructured.SetNestedField(pod.Object, "default", "spec", "serviceAccountName")
	addClaims(pod, workload)
	return pod
}

// addClaims gives the pod the volumes that a StatefulSet's controller adds.
func addClaims(pod, workload *unstructured.Unstructured) {
	claims, _, _ := unstructured.NestedSlice(workload.Object, "spec", "volumeClaimTemplates")
	volumes, _, _ := unstructured.NestedSlice(pod.Object, "spec", "volumes")
	for _, entry := range claims {
		claim, ok := entry.(map[string]any)
		if !ok {
			continue
		}
		name, _, _ := unstructured.NestedString(claim, "metadata", "name")
		volumes = append(volumes, map[string]any{"name": name, "persistentVolumeClaim": map[string]any{"claimName": name}})
	}
	if len(volumes) > 0 {
		_ = unstructured.SetNestedSlice(pod.Object, volumes, "spec", "volumes")
	}
}

// admission tells whether a refusal is of the cluster's own rules, which a real pod would meet too. It may also be that
// the person may not make pods, which controllers may, or that the pod above lacks something that a real one has.
func admission(err error) bool {
	text := err.Error()
	if untried(err) {
		return false
	}
	rights := strings.Contains(text, "User ") && strings.Contains(text, "cannot create resource")
	return strings.Contains(text, "admission webhook") || apierrors.IsForbidden(err) && !rights && !strings.Contains(text, "serviceaccount")
}
