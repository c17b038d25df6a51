package umbrella_test

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
)

// TestWhereAPodRuns reads every field that says where a pod runs from the manifest.
func TestWhereAPodRuns(t *testing.T) {
	pod := podOf(t, `
priority: high
nodeSelector: {example.com/disk: "010"}
tolerations: [{key: a, effect: NoExecute, for: 90s}, {key: b, value: "no"}]
affinity: {nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 7, preference: {matchExpressions: [{key: x, operator: In, values: ["{{ y }}"]}]}}]}}
spread: {zone: hard, example.com/rack: {skew: 3}}
`, nil)
	if pod.PriorityClassName != "high" || pod.NodeSelector["example.com/disk"] != "010" {
		t.Errorf("priority %q, node %v", pod.PriorityClassName, pod.NodeSelector)
	}
	if a, b := pod.Tolerations[0], pod.Tolerations[1]; a.Operator != corev1.TolerationOpExists || *a.TolerationSeconds != 90 || b.Value != "no" {
		t.Errorf("tolerations %+v", pod.Tolerations)
	}
	preferred := pod.Affinity.NodeAffinity.PreferredDuringSchedulingIgnoredDuringExecution[0]
	if preferred.Weight != 7 || preferred.Preference.MatchExpressions[0].Values[0] != "{{ y }}" {
		t.Errorf("affinity %+v", preferred)
	}
	rack, zone := pod.TopologySpreadConstraints[0], pod.TopologySpreadConstraints[1]
	if rack.TopologyKey != "example.com/rack" || rack.MaxSkew != 3 || rack.WhenUnsatisfiable != corev1.ScheduleAnyway ||
		zone.TopologyKey != "topology.kubernetes.io/zone" || zone.WhenUnsatisfiable != corev1.DoNotSchedule || zone.LabelSelector.MatchLabels["app.kubernetes.io/name"] != "web" {
		t.Errorf("spread %+v", pod.TopologySpreadConstraints)
	}
}

// TestAccounts: what the pods run as is what the rights are given to, and only what the release makes is in it.
func TestAccounts(t *testing.T) {
	for text, want := range map[string]struct {
		name  string
		made  bool
		token bool
	}{
		"args: [x]\n":              {"web", true, false},
		"account: {token: true}\n": {"web", true, true},
		"account: {name: other}\n": {"other", true, false},
		"account: there\n":         {"there", false, false},
		"account: {create: false, name: there, token: true}\n":                       {"there", false, true},
		"account: there\naccess: [{resources: [pods], verbs: [get]}]\n":              {"there", false, true},
		"account: {token: true}\naccess: [{resources: [pods], verbs: [get]}]\n":      {"web", true, true},
		"account: {annotations: {a.b/c: d}}\nannotations: {e.f/g: h}\nreplicas: 1\n": {"web", true, false},
	} {
		objects := one(t, text, nil)
		pod := podOf(t, text, nil)
		if pod.ServiceAccountName != want.name || (pod.AutomountServiceAccountToken != nil && *pod.AutomountServiceAccountToken) != want.token {
			t.Errorf("%q: the pods run as %s, token %v", text, pod.ServiceAccountName, pod.AutomountServiceAccountToken)
		}
		if _, made := objects["web/ServiceAccount/"+want.name]; made != want.made {
			t.Errorf("%q: the account is made: %v", text, made)
		}
		if _, bound := objects["web/RoleBinding/web"]; bound {
			if got := decode[rbacv1.RoleBinding](t, objects, "web/RoleBinding/web").Subjects[0].Name; got != want.name {
				t.Errorf("%q: the rights are those of %s", text, got)
			}
		}
	}
	account := decode[corev1.ServiceAccount](t, one(t, "account: {annotations: {a.b/c: d}}\nannotations: {e.f/g: h}\n", nil), "web/ServiceAccount/web")
	if account.Annotations["a.b/c"] != "d" || account.Annotations["e.f/g"] != "h" {
		t.Errorf("annotations %v", account.Annotations)
	}
}
