//go:build e2e

package judges

import (
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/yaml"

	"github.com/helm-chart-factory/factory/factory/clustertest"
)

// TestPlainHelmOnARealAPIServer installs each project with the helm program, upgrades it to changed specs, and rolls it back.
// Objects that the API server refuses, fields that it does not know, changes that it takes for immutable: each fails helm.
// The pods of every workload are then offered to Pod Security at the level that the specs claim.
func TestPlainHelmOnARealAPIServer(t *testing.T) {
	install(t, definitions(t))
	cluster := clustertest.Cluster(t)
	client, err := cluster.Client()
	if err != nil {
		t.Fatal(err)
	}
	projects(t, func(t *testing.T, p project) {
		namespace := clustertest.Namespace(t, cluster)
		prepare(t, client, namespace, p)
		clustertest.RunPods(t, cluster, namespace, completed)
		release := []string{p.Name, p.chart, "--namespace", namespace}
		helm := func(verb string, args ...string) string {
			return run(t, "helm", append(append([]string{verb}, args...), "--timeout", "60s")...)
		}
		helm("install", release...)
		first := run(t, "helm", "get", "manifest", p.Name, "--namespace", namespace)
		offerPods(t, client, namespace, first)

		p = p.change(t)
		helm("upgrade", release...)
		second := run(t, "helm", "get", "manifest", p.Name, "--namespace", namespace)
		if second == first {
			t.Error("the changed specs changed nothing")
		}
		helm("rollback", p.Name, "1", "--namespace", namespace)
		if third := run(t, "helm", "get", "manifest", p.Name, "--namespace", namespace); third != first {
			t.Error("the rollback brought back something else than the first revision")
		}
		helm("uninstall", p.Name, "--namespace", namespace)
		for name, values := range p.values() {
			if name == "" {
				continue
			}
			// An environment of its own, in a namespace of its own.
			other := clustertest.Namespace(t, cluster)
			prepare(t, client, other, p)
			clustertest.RunPods(t, cluster, other, completed)
			helm("install", append([]string{p.Name, p.chart, "--namespace", other}, values...)...)
			helm("uninstall", p.Name, "--namespace", other)
		}
	})
}

// prepare does what a platform team does before a release: it sets the level of Pod Security, and makes the classes of priority and
// the accounts that specs say are there.
func prepare(t *testing.T, client kubernetes.Interface, namespace string, p project) {
	t.Helper()
	patch := fmt.Sprintf(`{"metadata":{"labels":{"pod-security.kubernetes.io/enforce":%q}}}`, p.PodSecurity())
	_, err := client.CoreV1().Namespaces().Patch(t.Context(), namespace, "application/merge-patch+json", []byte(patch), metav1.PatchOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range p.Services {
		if s.Priority != "" && !strings.HasPrefix(s.Priority, "system-") { // those are the cluster's own
			class := &schedulingv1.PriorityClass{ObjectMeta: metav1.ObjectMeta{Name: s.Priority}, Value: 1000}
			_, err := client.SchedulingV1().PriorityClasses().Create(t.Context(), class, metav1.CreateOptions{})
			if err != nil && !apierrors.IsAlreadyExists(err) {
				t.Fatal(err)
			}
		}
		if !s.OwnsAccount() {
			account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: s.AccountName()}}
			if _, err := client.CoreV1().ServiceAccounts(namespace).Create(t.Context(), account, metav1.CreateOptions{}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// completed plays a kubelet whose jobs are done at once.
func completed(pod *corev1.Pod) *corev1.PodStatus {
	if pod.Spec.RestartPolicy == corev1.RestartPolicyAlways {
		return nil
	}
	return &corev1.PodStatus{Phase: corev1.PodSucceeded}
}

// offerPods asks the API server to admit a pod of every workload, without making it.
func offerPods(t *testing.T, client kubernetes.Interface, namespace, manifest string) {
	t.Helper()
	workloads := 0
	for document := range strings.SplitSeq(manifest, "\n---\n") {
		var u unstructured.Unstructured
		if err := yaml.Unmarshal([]byte(document), &u.Object); err != nil {
			t.Fatal(err)
		}
		path := []string{"spec", "template"}
		if u.GetKind() == "CronJob" {
			path = []string{"spec", "jobTemplate", "spec", "template"}
		}
		template, found, err := unstructured.NestedMap(u.Object, path...)
		if err != nil || !found || u.GetKind() == "ExternalSecret" {
			continue
		}
		workloads++
		var pod corev1.Pod
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(template, &pod); err != nil {
			t.Fatal(err)
		}
		pod.Name = "offered-" + u.GetName()
		claims, _, _ := unstructured.NestedSlice(u.Object, "spec", "volumeClaimTemplates")
		for _, claim := range claims {
			name, _, _ := unstructured.NestedString(claim.(map[string]any), "metadata", "name")
			pod.Spec.Volumes = append(pod.Spec.Volumes, corev1.Volume{Name: name}) // its controller adds them
		}
		options := metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}, FieldValidation: metav1.FieldValidationStrict}
		if _, err := client.CoreV1().Pods(namespace).Create(t.Context(), &pod, options); err != nil {
			t.Errorf("%s %s: %v", u.GetKind(), u.GetName(), err)
		}
	}
	if workloads == 0 {
		t.Error("no workload was found")
	}
}
