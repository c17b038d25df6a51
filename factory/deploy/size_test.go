package deploy_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/helm-chart-factory/factory/factory/clustertest"
	"github.com/helm-chart-factory/factory/factory/deploy"
)

// noise is a ConfigMap of that many bytes which do not compress: a base64 digit of them holds six bits.
func noise(name string, bytes int) string {
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	random := rand.New(rand.NewPCG(1, uint64(len(name))))
	text := make([]byte, bytes)
	for i := range text {
		text[i] = digits[random.IntN(len(digits))]
	}
	return fmt.Sprintf("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\ndata: {noise: %s}\n", name, text)
}

func TestAReleaseTooBigToStoreIsRefusedBeforeAnythingIsTouched(t *testing.T) {
	opts := previewOptions(t, map[string]string{"one": noise("one", 600_000), "two": noise("second", 600_000)})
	opts.Namespace = clustertest.Name(t, opts.Cluster)
	for name, refuse := range map[string]func() error{
		"plan":   func() error { _, err := deploy.Preview(t.Context(), opts); return err },
		"deploy": func() error { _, err := deploy.Apply(t.Context(), opts); return err },
	} {
		var tooBig *deploy.TooBigError
		if err := refuse(); !errors.As(err, &tooBig) || tooBig.Bytes <= corev1.MaxSecretSize || tooBig.Bytes > 1_300_000 {
			t.Errorf("%s: got %v, want a TooBigError", name, err)
		}
	}
	if _, err := client(t, opts).CoreV1().Namespaces().Get(t.Context(), opts.Namespace, metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("the namespace was touched: %v", err)
	}
}

func TestThePlanMeasuresWhatIsStored(t *testing.T) {
	opts := previewOptions(t, map[string]string{"one": noise("one", 300_000)})
	p := preview(t, opts)
	apply(t, opts)
	secret, err := client(t, opts).CoreV1().Secrets(opts.Namespace).Get(t.Context(), "sh.helm.release.v1.shop.v1", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	// The stored status and description are other words.
	if stored := len(secret.Data["release"]); p.Size.Bytes < stored-200 || p.Size.Bytes > stored+200 || p.Size.Limit != 1<<20 {
		t.Errorf("the plan says %+v, stored are %d bytes", p.Size, stored)
	}
}
