package umbrella_test

import (
	"maps"
	"testing"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
)

// TestPackagedVersion: helm package can give a chart a version with build metadata, whose + no label takes.
func TestPackagedVersion(t *testing.T) {
	c := synced(t, project(t, map[string]string{"factory.yaml": "version: 1\n", "services/web/service.yaml": "port: 8080\n"}))
	for _, sub := range c.Dependencies() {
		sub.Metadata.Version = "1.2.3+4f1c2b7"
	}
	c.Metadata.Dependencies = nil // which name the version
	service := decode[corev1.Service](t, rendered(t, c, map[string]any{}), "web/Service/web")
	if got := service.Labels["helm.sh/chart"]; got != "web-1.2.3_4f1c2b7" {
		t.Errorf("helm.sh/chart is %s", got)
	}
}

// TestClusterWideNames: two releases in two namespaces share no name of the whole cluster, whatever dashes theirs have.
func TestClusterWideNames(t *testing.T) {
	files := map[string]string{"factory.yaml": "version: 1\nnamespace: space\n",
		"services/a-web/service.yaml": "port: 8080\naccess: [{resources: [nodes], verbs: [get], scope: cluster}]\n"}
	objects := rendered(t, synced(t, project(t, files)), map[string]any{})
	if got := decode[rbacv1.ClusterRoleBinding](t, objects, "a-web/ClusterRoleBinding/space:a-web").RoleRef.Name; got != "space:a-web" {
		t.Errorf("bound is %s", got)
	}
	decode[rbacv1.ClusterRole](t, objects, "a-web/ClusterRole/space:a-web")
}

// TestTestsPull: the pods of helm test pull with the secrets of the service's own.
func TestTestsPull(t *testing.T) {
	files := map[string]string{"factory.yaml": "version: 1\ndefaults: {pullSecrets: [login]}\n",
		"services/web/service.yaml": "port: 8080\ntests: {smoke: {args: [smoke]}}\n"}
	objects := rendered(t, synced(t, project(t, files)), map[string]any{})
	for _, pod := range []string{"web/Pod/web-test-connection", "web/Pod/web-test-smoke"} {
		if got := decode[corev1.Pod](t, objects, pod).Spec.ImagePullSecrets; len(got) != 1 || got[0].Name != "login" {
			t.Errorf("%s pulls with %v", pod, got)
		}
	}
}

// TestTestsOfAHook: the tests of a service that is a hook are no such hooks themselves.
func TestTestsOfAHook(t *testing.T) {
	files := map[string]string{"factory.yaml": "version: 1\n",
		"services/setup/service.yaml": "kind: Job\nhook: [pre-install]\nannotations: {team: shop}\ntests: {smoke: {args: [smoke]}}\n"}
	objects := rendered(t, synced(t, project(t, files)), map[string]any{})
	want := map[string]string{"helm.sh/hook": "test", "team": "shop"}
	if got := decode[corev1.Pod](t, objects, "setup/Pod/setup-test-smoke").Annotations; !maps.Equal(got, want) {
		t.Errorf("got %v", got)
	}
}
