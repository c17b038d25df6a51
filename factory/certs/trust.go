package certs

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/helm-chart-factory/factory/factory/kube"
)

// Trust returns what a person has to trust so that the certificate in a TLS Secret verifies, as PEM: the private root
// that signed it or, with a selfSigned issuer, the certificate itself. curl takes either by --cacert and Go in a pool
// of roots; Chromium takes a root as an authority (certutil -t C,,) and a certificate of its own as a peer (-t P,,).
func Trust(ctx context.Context, cluster *kube.Cluster, namespace, secret string) ([]byte, error) {
	client, err := cluster.Client()
	if err != nil {
		return nil, err
	}
	found, err := client.CoreV1().Secrets(namespace).Get(ctx, secret, metav1.GetOptions{})
	if err != nil {
		return nil, fmt.Errorf("reading the certificate in Secret %q: %w", secret, err)
	}
	for _, key := range []string{"ca.crt", "tls.crt"} {
		if pem := found.Data[key]; len(pem) > 0 {
			return pem, nil
		}
	}
	return nil, fmt.Errorf("the Secret %q in namespace %q holds no certificate", secret, namespace)
}
