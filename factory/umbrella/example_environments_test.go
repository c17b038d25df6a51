package umbrella_test

import (
	"os"
	"path/filepath"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	networkingv1 "k8s.io/api/networking/v1"
)

// TestExampleOfEnvironments renders examples/environments, of which docs/environments.md speaks, in each of its environments.
func TestExampleOfEnvironments(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "shop")
	if err := os.CopyFS(dir, os.DirFS("../../examples/environments")); err != nil {
		t.Fatal(err)
	}
	base, staging, prod := flat(t, dir, ""), in(t, dir, "staging"), in(t, dir, "prod")
	same(t, "staging", staging, flat(t, dir, "staging"))
	same(t, "prod", prod, flat(t, dir, "prod"))
	for _, test := range []struct {
		name     string
		objects  map[string]string
		host     string
		image    string
		database string
	}{
		{"the project", base, "web.shop.local", "localhost:5000/api:latest", "1Gi"},
		{"staging", staging, "web.staging.example.com", "registry.example.com/shop/api:latest", "1Gi"},
		{"prod", prod, "example.com", "registry.example.com/shop/api:latest", "100Gi"},
	} {
		if host := decode[networkingv1.Ingress](t, test.objects, "web/Ingress/web").Spec.Rules[0].Host; host != test.host {
			t.Errorf("%s is at %s", test.name, host)
		}
		if image := decode[appsv1.Deployment](t, test.objects, "api/Deployment/api").Spec.Template.Spec.Containers[0].Image; image != test.image {
			t.Errorf("%s runs %s", test.name, image)
		}
		claim := decode[appsv1.StatefulSet](t, test.objects, "database/StatefulSet/database").Spec.VolumeClaimTemplates[0]
		if size := claim.Spec.Resources.Requests.Storage().String(); size != test.database {
			t.Errorf("%s has a database of %s", test.name, size)
		}
		_, scales := test.objects["web/HorizontalPodAutoscaler/web"]
		if scales != (test.name == "prod") {
			t.Errorf("%s scales: %v", test.name, scales)
		}
	}
	if scaler := decode[autoscalingv2.HorizontalPodAutoscaler](t, prod, "web/HorizontalPodAutoscaler/web"); scaler.Spec.MaxReplicas != 12 {
		t.Errorf("prod scales to %d", scaler.Spec.MaxReplicas)
	}
}
