package deploy

import (
	"context"
	"fmt"

	"helm.sh/helm/v3/pkg/release"
	"helm.sh/helm/v3/pkg/storage/driver"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	typed "k8s.io/client-go/kubernetes/typed/core/v1"
)

// TooBigError says that a release does not fit into the Secret that Helm stores it in.
type TooBigError struct {
	Release string
	// Bytes is what it takes, compressed and encoded as Helm does.
	Bytes int
}

func (e *TooBigError) Error() string {
	return fmt.Sprintf("release %q takes %d KiB once it is compressed, and Helm stores a release in one Secret, which holds %d KiB\n"+
		"next: split the project: move services that belong together into a project of their own, with its own factory.yaml. "+
		"Big files that services bring along as configuration count most",
		e.Release, (e.Bytes+1023)/1024, corev1.MaxSecretSize/1024)
}

// fits returns a *TooBigError when the release cannot be stored, before anything is touched. What is wrong with the chart
// comes out here too.
func (d *deployment) fits(ctx context.Context) error {
	next := d.rendered
	if next == nil {
		past, err := d.past(ctx)
		if err != nil {
			return err
		}
		if next, err = d.render(ctx, past); err != nil {
			return err
		}
		d.rendered = next
	}
	size, err := storedSize(next)
	if err != nil {
		return err
	}
	return tooBig(d.Name, size)
}

// storedSize is how many bytes of the Secret's data a release takes, by Helm's own storage driver.
func storedSize(rel *release.Release) (int, error) {
	scale := &scale{}
	if err := driver.NewSecrets(scale).Create("size", rel); err != nil {
		return 0, fmt.Errorf("measuring release %q: %w", rel.Name, err)
	}
	return scale.bytes, nil
}

// tooBig returns a *TooBigError when a release of this size cannot be stored.
func tooBig(name string, bytes int) error {
	if bytes > corev1.MaxSecretSize {
		return &TooBigError{Release: name, Bytes: bytes}
	}
	return nil
}

// scale stands where Helm's driver writes Secrets, and weighs them.
type scale struct {
	typed.SecretInterface
	bytes int
}

func (s *scale) Create(_ context.Context, secret *corev1.Secret, _ metav1.CreateOptions) (*corev1.Secret, error) {
	s.bytes = 0
	for _, value := range secret.Data {
		s.bytes += len(value)
	}
	return secret, nil
}
