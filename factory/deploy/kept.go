package deploy

import (
	"context"
	"fmt"
	"slices"
	"strings"

	helmkube "helm.sh/helm/v3/pkg/kube"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// instanceLabel is on every object and claim of a release, by Kubernetes' recommended labels.
const instanceLabel = "app.kubernetes.io/instance"

// listKept records what a later deploy will find again.
func (d *removal) listKept(ctx context.Context) error {
	kept, err := d.kept(ctx)
	for _, u := range kept {
		d.done.Kept = append(d.done.Kept, refOf(u))
	}
	return err
}

// removeKept deletes what uninstalling leaves: claims, Secrets with the keep policy, and the TLS Secrets of certificates
// that are gone. The volumes behind the claims go with them where their policy says so.
func (d *removal) removeKept(ctx context.Context, namespace *corev1.Namespace) error {
	objects, err := d.kept(ctx)
	if err != nil {
		return err
	}
	if _, ours := namespace.Labels[MadeByLabel]; ours {
		orphans, err := d.orphanedCertificates(ctx)
		if err != nil {
			return err
		}
		objects = append(objects, orphans...)
	}
	for _, name := range d.Leftovers {
		objects = append(objects, named("Secret", name))
	}
	volumes := d.volumesOf(ctx, objects)
	resources, err := resourcesOf(d.Cluster)
	if err != nil {
		return err
	}
	for _, u := range objects {
		resource, err := resources(u, d.Namespace)
		if err != nil {
			return err
		}
		err = resource.Delete(ctx, u.GetName(), metav1.DeleteOptions{})
		if apierrors.IsNotFound(err) {
			continue
		}
		if err != nil {
			return fmt.Errorf("removing %s: %w", refOf(u), err)
		}
		d.removed(refOf(u))
	}
	return d.gone(ctx, append(objects, volumes...))
}

// kept lists the release's claims and the Secrets that Helm was told to keep.
func (d *removal) kept(ctx context.Context) ([]*unstructured.Unstructured, error) {
	claims, err := d.list(ctx, "PersistentVolumeClaim", instanceLabel+"="+d.Name)
	if err != nil {
		return nil, err
	}
	secrets, err := d.list(ctx, "Secret", "app.kubernetes.io/managed-by=Helm")
	if err != nil {
		return nil, err
	}
	for _, secret := range secrets {
		notes := secret.GetAnnotations()
		if notes[helmkube.ResourcePolicyAnno] == helmkube.KeepPolicy && notes["meta.helm.sh/release-name"] == d.Name &&
			notes["meta.helm.sh/release-namespace"] == d.Namespace {
			claims = append(claims, secret)
		}
	}
	return claims, nil
}

// orphanedCertificates lists the TLS Secrets that cert-manager leaves behind when their Certificate is deleted.
func (d *removal) orphanedCertificates(ctx context.Context) ([]*unstructured.Unstructured, error) {
	secrets, err := d.list(ctx, "Secret", "controller.cert-manager.io/fao=true")
	if err != nil || len(secrets) == 0 {
		return nil, err
	}
	issued := func(secret *unstructured.Unstructured) *unstructured.Unstructured {
		u := &unstructured.Unstructured{}
		u.SetGroupVersionKind(certificate)
		u.SetName(secret.GetAnnotations()["cert-manager.io/certificate-name"])
		return u
	}
	var orphans []*unstructured.Unstructured
	for _, secret := range secrets {
		found, _, err := live(ctx, d.Cluster, d.Namespace, []*unstructured.Unstructured{issued(secret)})
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			orphans = append(orphans, secret)
		}
	}
	return orphans, nil
}

// volumesOf lists the volumes that are deleted with the claims. Who may not see volumes does not wait for them.
func (d *removal) volumesOf(ctx context.Context, objects []*unstructured.Unstructured) []*unstructured.Unstructured {
	var claims []string
	for _, u := range objects {
		if u.GetKind() == "PersistentVolumeClaim" {
			claims = append(claims, u.GetName())
		}
	}
	client, err := d.Cluster.Client()
	if err != nil || len(claims) == 0 {
		return nil
	}
	list, err := client.CoreV1().PersistentVolumes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil
	}
	var volumes []*unstructured.Unstructured
	for _, volume := range list.Items {
		claim := volume.Spec.ClaimRef
		if volume.Spec.PersistentVolumeReclaimPolicy == corev1.PersistentVolumeReclaimDelete && claim != nil &&
			claim.Namespace == d.Namespace && slices.Contains(claims, claim.Name) {
			volumes = append(volumes, named("PersistentVolume", volume.Name))
		}
	}
	return volumes
}

func (d *removal) list(ctx context.Context, kind, selector string) ([]*unstructured.Unstructured, error) {
	client, err := d.Cluster.Dynamic()
	if err != nil {
		return nil, err
	}
	resource := schema.GroupVersionResource{Version: "v1", Resource: strings.ToLower(kind) + "s"}
	list, err := client.Resource(resource).Namespace(d.Namespace).List(ctx, metav1.ListOptions{LabelSelector: selector})
	if err != nil {
		return nil, fmt.Errorf("listing the %ss of namespace %q: %w", kind, d.Namespace, err)
	}
	var objects []*unstructured.Unstructured
	for i := range list.Items {
		objects = append(objects, &list.Items[i])
	}
	return objects, nil
}

// named is an object of Kubernetes' core group that is known by name only.
func named(kind, name string) *unstructured.Unstructured {
	u := &unstructured.Unstructured{}
	u.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind(kind))
	u.SetName(name)
	return u
}
