package umbrella_test

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

// one renders a project of one service, web.
func one(t *testing.T, text string, values map[string]any) map[string]string {
	t.Helper()
	dir := project(t, map[string]string{"factory.yaml": "version: 1\n", "services/web/service.yaml": text})
	return rendered(t, synced(t, dir), values)
}

// TestKinds renders each kind and reads it strictly.
func TestKinds(t *testing.T) {
	daemon := decode[appsv1.DaemonSet](t, one(t, "kind: DaemonSet\nport: 80\nstrategy: OnDelete\nrevisionHistory: 0\npriority: system-node-critical\n", nil), "web/DaemonSet/web")
	if daemon.Spec.UpdateStrategy.Type != "OnDelete" || *daemon.Spec.RevisionHistoryLimit != 0 || daemon.Spec.Template.Spec.PriorityClassName != "system-node-critical" {
		t.Errorf("DaemonSet: %+v", daemon.Spec)
	}
	cron := decode[batchv1.CronJob](t, one(t, "kind: CronJob\nschedule: '*/5 * * * *'\njob: {retries: 2}\n", nil), "web/CronJob/web")
	pod := cron.Spec.JobTemplate.Spec.Template
	if cron.Spec.Schedule != "*/5 * * * *" || cron.Spec.ConcurrencyPolicy != "Forbid" || *cron.Spec.JobTemplate.Spec.BackoffLimit != 2 ||
		pod.Spec.RestartPolicy != corev1.RestartPolicyNever || pod.Labels["app.kubernetes.io/name"] != "web" {
		t.Errorf("CronJob: %+v", cron.Spec)
	}
	set := decode[appsv1.StatefulSet](t, one(t, "kind: StatefulSet\nvolumes: {d: {path: /d, size: 1Gi}}\nstrategy: {partition: 2}\nretention: {whenScaled: Delete}\n", nil), "web/StatefulSet/web")
	if *set.Spec.UpdateStrategy.RollingUpdate.Partition != 2 || set.Spec.PersistentVolumeClaimRetentionPolicy.WhenScaled != "Delete" {
		t.Errorf("StatefulSet: %+v", set.Spec)
	}
	deployment := decode[appsv1.Deployment](t, one(t, "strategy: {maxSurge: 50%, maxUnavailable: 0}\n", nil), "web/Deployment/web")
	if rolling := deployment.Spec.Strategy.RollingUpdate; rolling.MaxSurge.String() != "50%" || rolling.MaxUnavailable.IntValue() != 0 {
		t.Errorf("Deployment: %+v", deployment.Spec.Strategy)
	}
}

// TestAChangedJobIsAnotherJob: Kubernetes refuses to change a Job, so whatever changes has to give it another name.
func TestAChangedJobIsAnotherJob(t *testing.T) {
	name := func(text string, values map[string]any) string {
		t.Helper()
		for key, manifest := range one(t, text, values) {
			if strings.HasPrefix(key, "web/Job/web-") {
				job := decode[batchv1.Job](t, map[string]string{key: manifest}, key)
				return job.Name
			}
		}
		t.Fatalf("no Job with a suffix for %s", text)
		return ""
	}
	first := name("kind: Job\nargs: [a]\n", nil)
	if again := name("kind: Job\nargs: [a]\nlabels: {team: x}\n", nil); again != first {
		t.Errorf("%s became %s, and its pod did not change", first, again)
	}
	seen := []string{first}
	for _, other := range []string{
		name("kind: Job\nargs: [b]\n", nil),
		name("kind: Job\nargs: [a]\njob: {retries: 1}\n", nil),
		name("kind: Job\nargs: [a]\n", map[string]any{"web": map[string]any{"image": map[string]any{"digest": "sha256:" + strings.Repeat("a", 64)}}}),
	} {
		if slices.Contains(seen, other) {
			t.Errorf("%s stands for two different pods", other)
		}
		seen = append(seen, other)
	}
}

// TestWhatAHookNeedsIsThereBeforeIt: before a release nothing of the chart exists but the hooks that ran already.
func TestWhatAHookNeedsIsThereBeforeIt(t *testing.T) {
	for said, weight := range map[string]int{", weight: -3": -3, "": 0} {
		t.Run(strconv.Itoa(weight), func(t *testing.T) { hookComesLast(t, said, weight) })
	}
}

func hookComesLast(t *testing.T, said string, own int) {
	files := map[string]string{
		"factory.yaml":             "version: 1\n",
		"services/db/service.yaml": "ports: {postgres: 5432}\n",
		"services/web/service.yaml": "kind: Job\nhook: {on: [pre-upgrade, post-install]" + said + "}\nneeds: [db]\nannotations: {example.com/a: b}\n" +
			"access: [{resources: [pods], verbs: [get]}, {resources: [nodes], verbs: [get], scope: cluster}]\n",
	}
	objects := rendered(t, synced(t, project(t, files)), map[string]any{})
	var kinds []string
	for key, manifest := range objects {
		if !strings.HasPrefix(key, "web/") {
			continue
		}
		var object metav1.PartialObjectMetadata
		if err := yaml.Unmarshal([]byte(manifest), &object); err != nil {
			t.Fatal(err)
		}
		kinds = append(kinds, object.Kind)
		weight, err := strconv.Atoi(object.Annotations["helm.sh/hook-weight"])
		switch {
		case err != nil || object.Annotations["helm.sh/hook"] != "pre-upgrade,post-install" || object.Annotations["example.com/a"] != "b":
			t.Errorf("%s: %v %v", key, object.Annotations, err)
		case object.Kind == "Job" && weight != own, object.Kind != "Job" && weight >= own:
			t.Errorf("%s has the weight %d", key, weight)
		case object.Annotations["helm.sh/hook-delete-policy"] != "before-hook-creation,hook-succeeded":
			t.Errorf("%s stays behind: %v", key, object.Annotations)
		}
	}
	slices.Sort(kinds)
	if want := []string{"ClusterRole", "ClusterRoleBinding", "Job", "NetworkPolicy", "NetworkPolicy", "Role", "RoleBinding", "ServiceAccount"}; !slices.Equal(kinds, want) {
		t.Errorf("got %v", kinds)
	}
	policy := decode[networkingv1.NetworkPolicy](t, objects, "web/NetworkPolicy/web.db")
	if rule := policy.Spec.Ingress[0]; policy.Spec.PodSelector.MatchLabels["app.kubernetes.io/name"] != "db" ||
		rule.From[0].PodSelector.MatchLabels["app.kubernetes.io/name"] != "web" || rule.Ports[0].Port.IntValue() != 5432 {
		t.Errorf("the way to db: %+v", policy.Spec)
	}
}

// TestMetadataOfEveryObject: labels and annotations reach each object, and leave those of the chart as they are.
func TestMetadataOfEveryObject(t *testing.T) {
	text := "{{ x }} \"'\n: #"
	objects := one(t, `
kind: StatefulSet
port: 80
labels: {team: "010", example.com/x: ""}
annotations: {example.com/text: "{{ x }} \"'\n: #"}
podLabels: {color: "no"}
podAnnotations: {example.com/pod: "{{ x }} \"'\n: #"}
secrets: {a: {generate: 8}}
ingress: {tls: true, annotations: {example.com/own: x}}
autoscale: {max: 3}
budget: {maxUnavailable: 1}
service: {annotations: {example.com/own: x}, labels: {own: x}}
access: [{resources: [pods], verbs: [get]}, {resources: [nodes], verbs: [get], scope: cluster}]
`, nil)
	for key, manifest := range objects {
		if strings.Contains(key, "/Pod/") {
			continue
		}
		var object metav1.PartialObjectMetadata
		if err := yaml.Unmarshal([]byte(manifest), &object); err != nil {
			t.Fatal(err)
		}
		if object.Labels["team"] != "010" || object.Labels["app.kubernetes.io/name"] != "web" || object.Annotations["example.com/text"] != text {
			t.Errorf("%s: %v %v", key, object.Labels, object.Annotations)
		}
	}
	if len(objects) != 13 {
		t.Errorf("%d objects: %v", len(objects), slices.Sorted(maps.Keys(objects)))
	}
	template := decode[appsv1.StatefulSet](t, objects, "web/StatefulSet/web").Spec.Template
	if template.Labels["color"] != "no" || template.Labels["team"] != "" || template.Annotations["example.com/pod"] != text {
		t.Errorf("the pods: %v %v", template.Labels, template.Annotations)
	}
}
