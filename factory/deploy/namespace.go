package deploy

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/helm-chart-factory/factory/factory/kube"
)

// MadeByLabel marks what factory made, with the command that did: "up" or "deploy". Only what carries it is removed
// beyond the release itself.
const MadeByLabel = "factory.dev/made-by"

// answer is how long the API may take for one request that must happen even after an interrupt.
const answer = 10 * time.Second

// ensureNamespace creates the namespace when it is missing. A namespace that factory makes enforces Pod Security
// "restricted", which is what its charts are written for. One that exists is another's: it is used as it is.
func ensureNamespace(ctx context.Context, cluster *kube.Cluster, name, madeBy string, say func(string, ...any)) error {
	client, err := cluster.Client()
	if err != nil {
		return err
	}
	namespaces := client.CoreV1().Namespaces()
	for {
		found, err := namespaces.Get(ctx, name, metav1.GetOptions{})
		switch {
		case err == nil && found.Status.Phase != corev1.NamespaceTerminating:
			return nil
		case err == nil:
			say("namespace %s is being removed: waiting for that", name)
			if err := pause(ctx, time.Second/2); err != nil {
				return err
			}
			continue
		case apierrors.IsForbidden(err):
			// Who may work in one namespace only need not see namespaces: what is written next tells whether it is there.
			return nil
		case !apierrors.IsNotFound(err):
			return fmt.Errorf("looking for namespace %q: %w", name, err)
		}
		_, err = namespaces.Create(ctx, newNamespace(name, madeBy), metav1.CreateOptions{FieldManager: "factory"})
		if err == nil {
			return nil
		}
		if !apierrors.IsAlreadyExists(err) {
			return fmt.Errorf("creating namespace %q: %w", name, err)
		}
	}
}

func newNamespace(name, madeBy string) *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name: name,
		Labels: map[string]string{
			MadeByLabel:                          madeBy,
			"pod-security.kubernetes.io/enforce": "restricted",
			"pod-security.kubernetes.io/warn":    "restricted",
			"pod-security.kubernetes.io/audit":   "restricted",
		},
	}}
}
