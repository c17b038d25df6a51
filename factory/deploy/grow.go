package deploy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	helmkube "helm.sh/helm/v3/pkg/kube"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/cli-runtime/pkg/resource"

	"github.com/helm-chart-factory/factory/factory/deploy/rollout"
)

// changeVolumes does what inspectVolumes found, right before Helm writes the objects: claims grow, and a StatefulSet whose
// templates change is deleted without its pods and created again around them. It fits the objects to the sizes that stay.
func (d *deployment) changeVolumes(ctx context.Context, client *helmClient, target helmkube.ResourceList) error {
	if d.volumes == nil {
		return nil
	}
	for _, growth := range d.volumes.grow {
		if err := d.grow(ctx, growth); err != nil {
			return err
		}
	}
	for _, info := range target {
		kind := info.Mapping.GroupVersionKind
		key := objectKey{kind.Group, kind.Kind, info.Namespace, info.Name}
		u, ok := info.Object.(*unstructured.Unstructured)
		if !ok {
			continue
		}
		if err := d.volumes.keepSizes(key, u); err != nil {
			return err
		}
		if d.volumes.recreate[key] {
			if err := d.recreate(ctx, client, info); err != nil {
				return fmt.Errorf("recreating %s around its pods: %w", refOf(u), err)
			}
		}
	}
	return nil
}

// grow asks for more of a claim and has the rollout wait until the volume has it.
func (d *deployment) grow(ctx context.Context, growth growth) error {
	d.Say("claim %s grows from %s to %s", growth.claim, growth.from.String(), growth.to.String())
	client, err := d.Cluster.Client()
	if err != nil {
		return err
	}
	claim := map[string]any{}
	if err := setSize(claim, growth.to); err != nil {
		return err
	}
	patch, err := json.Marshal(claim)
	if err != nil {
		return err
	}
	grown, err := client.CoreV1().PersistentVolumeClaims(growth.namespace).
		Patch(ctx, growth.claim, types.MergePatchType, patch, metav1.PatchOptions{FieldManager: fieldManager})
	if err != nil {
		return &objectError{"persistentvolumeclaim/" + growth.claim, err}
	}
	d.grown = append(d.grown, rollout.Object{
		Kind: corev1.SchemeGroupVersion.WithKind("PersistentVolumeClaim"), Namespace: grown.Namespace, Name: grown.Name, UID: grown.UID,
	})
	return nil
}

// recreate deletes a StatefulSet, leaves its pods running, and creates the new one at once, which takes them over.
func (d *deployment) recreate(ctx context.Context, client *helmClient, info *resource.Info) error {
	live, err := get(info)
	if err != nil || live == nil {
		return err
	}
	d.Say("%s is recreated around its running pods, since its claim templates change", refOf(live))
	uid, orphan := live.GetUID(), metav1.DeletePropagationOrphan
	_, err = resource.NewHelper(info.Client, info.Mapping).DeleteWithOptions(info.Namespace, info.Name,
		&metav1.DeleteOptions{PropagationPolicy: &orphan, Preconditions: &metav1.Preconditions{UID: &uid}})
	if err != nil && !apierrors.IsNotFound(err) {
		return err
	}
	for {
		left, err := get(info)
		if err != nil {
			return err
		}
		if left == nil || left.GetUID() != uid {
			break
		}
		// Kubernetes takes the owner off each pod first. An interrupt must not leave the pods without a StatefulSet.
		if err := pause(context.WithoutCancel(ctx), 50*time.Millisecond); err != nil {
			return err
		}
		if time.Now().After(d.deadline) {
			return errors.New("the old one is not gone within the timeout")
		}
	}
	// A copy, since Helm goes on to compare the object with what it is to become.
	if _, err := client.Client.Create(helmkube.ResourceList{copyInfo(info)}); err != nil {
		return single(err)
	}
	return nil
}
