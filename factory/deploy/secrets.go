package deploy

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/helm-chart-factory/factory/factory/deploy/diagnose"
	"github.com/helm-chart-factory/factory/factory/kube"
)

// inTheOpen are the keys of Secrets whose values are no secrets: hiding "postgres" or a host would spoil every log.
var inTheOpen = []string{"user", "username", "host", "hostname", "port", "database", "dbname", "namespace", "ca.crt", "tls.crt"}

// maskOf hides the values of all Secrets of a namespace. Where the person may not read Secrets it hides what looks like one.
func maskOf(ctx context.Context, cluster *kube.Cluster, namespace string) *diagnose.Mask {
	client, err := cluster.Client()
	if err != nil {
		return nil
	}
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), answer)
	defer cancel()
	list, err := client.CoreV1().Secrets(namespace).List(limited, metav1.ListOptions{FieldSelector: "type!=helm.sh/release.v1"})
	if err != nil {
		return nil
	}
	return diagnose.NewMask(valuesOf(list.Items))
}

func valuesOf(secrets []corev1.Secret) []string {
	var values []string
	for _, secret := range secrets {
		for key, value := range secret.Data {
			if !slices.Contains(inTheOpen, key) {
				values = append(values, string(value))
			}
		}
	}
	return values
}
