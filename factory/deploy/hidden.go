package deploy

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/helm-chart-factory/factory/factory/deploy/diagnose"
)

// hideSecrets takes secret values out of what the API server and its webhooks said: those that are in the namespace, and
// those that the release would bring.
func (p *preview) hideSecrets(ctx context.Context) {
	var texts []*string
	for i := range p.plan.Objects {
		object := &p.plan.Objects[i]
		if refused := object.Refused; refused != nil {
			texts = append(texts, &refused.Message, &refused.Cause)
		}
		for j := range object.Warnings {
			texts = append(texts, &object.Warnings[j])
		}
	}
	if len(texts) == 0 {
		return
	}
	masks := []*diagnose.Mask{maskOf(ctx, p.Cluster, p.Namespace), diagnose.NewMask(valuesOf(renderedSecrets(p.next.Manifest)))}
	for _, text := range texts {
		for _, mask := range masks {
			*text = mask.Text(*text)
		}
	}
}

// renderedSecrets are the Secrets of a manifest.
func renderedSecrets(manifest string) []corev1.Secret {
	objects, err := parse(manifest)
	if err != nil {
		return nil
	}
	var secrets []corev1.Secret
	for _, u := range objects {
		if u.GetKind() != "Secret" || u.GetAPIVersion() != "v1" {
			continue
		}
		var secret corev1.Secret
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(u.Object, &secret); err != nil {
			continue
		}
		for key, text := range secret.StringData {
			if secret.Data == nil {
				secret.Data = map[string][]byte{}
			}
			secret.Data[key] = []byte(text)
		}
		secrets = append(secrets, secret)
	}
	return secrets
}
