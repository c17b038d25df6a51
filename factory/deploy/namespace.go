package deploy

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
)

// MadeByLabel marks what factory made, with the command that did: "up" or "deploy". Only what carries it is removed
// beyond the release itself.
const MadeByLabel = "factory.dev/made-by"

// answer is how long the API may take for one request that must happen even after an interrupt.
const answer = 10 * time.Second

// The labels by which a namespace enforces, warns of and audits a level of Pod Security.
var podSecurityLabels = []string{
	"pod-security.kubernetes.io/enforce", "pod-security.kubernetes.io/warn", "pod-security.kubernetes.io/audit",
}

// ensureNamespace creates the namespace when it is missing. A namespace that factory makes enforces a level of Pod Security, which
// grows when what is released claims a higher one, and never shrinks. One that is another's is used as it is.
func ensureNamespace(ctx context.Context, d *deployment) error {
	client, err := d.Cluster.Client()
	if err != nil {
		return err
	}
	namespaces := client.CoreV1().Namespaces()
	for {
		found, err := namespaces.Get(ctx, d.Namespace, metav1.GetOptions{})
		switch {
		case err == nil && found.Status.Phase != corev1.NamespaceTerminating:
			return raisePodSecurity(ctx, namespaces, found, d)
		case err == nil:
			d.Say("namespace %s is being removed: waiting for that", d.Namespace)
			if err := pause(ctx, time.Second/2); err != nil {
				return err
			}
			continue
		case apierrors.IsForbidden(err):
			// Who may work in one namespace only need not see namespaces: what is written next tells whether it is there.
			return nil
		case !apierrors.IsNotFound(err):
			return fmt.Errorf("looking for namespace %q: %w", d.Namespace, err)
		}
		_, err = namespaces.Create(ctx, newNamespace(d.Namespace, d.MadeBy, d.podSecurity()), metav1.CreateOptions{FieldManager: "factory"})
		if err == nil {
			return nil
		}
		if !apierrors.IsAlreadyExists(err) {
			return fmt.Errorf("creating namespace %q: %w", d.Namespace, err)
		}
	}
}

// raisePodSecurity lets a namespace of factory's own let in what the release claims.
func raisePodSecurity(ctx context.Context, namespaces typedcorev1.NamespaceInterface, found *corev1.Namespace, d *deployment) error {
	level := d.podSecurity()
	enforced, said := found.Labels[podSecurityLabels[0]]
	if _, ours := found.Labels[MadeByLabel]; !ours || !said || slices.Index(podSecurityLevels, enforced) >= slices.Index(podSecurityLevels, level) {
		return nil
	}
	labels := map[string]string{}
	for _, label := range podSecurityLabels {
		labels[label] = level
	}
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"labels": labels}})
	if err != nil {
		return err
	}
	d.Say("namespace %s enforces Pod Security %s from now on, which the specs claim, in the place of %s", found.Name, level, enforced)
	if _, err := namespaces.Patch(ctx, found.Name, types.MergePatchType, patch, metav1.PatchOptions{FieldManager: "factory"}); err != nil {
		return fmt.Errorf("letting namespace %q enforce Pod Security %s: %w", found.Name, level, err)
	}
	return nil
}

// podSecurityLevels are in their order: each lets in what the one before does.
var podSecurityLevels = []string{"restricted", "baseline", "privileged"}

// podSecurity is the level that the release needs.
func (d *deployment) podSecurity() string { return cmp.Or(d.PodSecurity, podSecurityLevels[0]) }

func newNamespace(name, madeBy, level string) *corev1.Namespace {
	labels := map[string]string{MadeByLabel: madeBy}
	for _, label := range podSecurityLabels {
		labels[label] = level
	}
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}}
}
