package deploy_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"helm.sh/helm/v3/pkg/chart"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/helm-chart-factory/factory/factory/clustertest"
	"github.com/helm-chart-factory/factory/factory/deploy"
	"github.com/helm-chart-factory/factory/factory/spec"
	"github.com/helm-chart-factory/factory/factory/umbrella"
	"github.com/helm-chart-factory/factory/templates"
)

// fromSpecs is the chart of a project with these services, by name, at the time when it is asked for.
func fromSpecs(t *testing.T, services map[string]string) deploy.Chart {
	t.Helper()
	return func() (*chart.Chart, error) {
		dir := t.TempDir()
		files := map[string]string{"factory.yaml": "version: 1\n"}
		for name, text := range services {
			files["services/"+name+"/service.yaml"] = text
		}
		for path, text := range files {
			full := filepath.Join(dir, path)
			if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
				return nil, err
			}
			if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
				return nil, err
			}
		}
		p, err := spec.Load(dir)
		if err != nil {
			return nil, err
		}
		return umbrella.Load(p, templates.Files)
	}
}

// succeeding reports the pods of Jobs as ended well, the others as running.
func succeeding(pod *corev1.Pod) *corev1.PodStatus {
	if pod.Labels["batch.kubernetes.io/job-name"] == "" {
		return nil
	}
	status := clustertest.Running(pod)
	status.Phase, status.Conditions = corev1.PodSucceeded, nil
	for i := range status.ContainerStatuses {
		status.ContainerStatuses[i].State = corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{}}
	}
	return status
}

func jobs(t *testing.T, opts deploy.Options) map[string]batchv1.Job {
	t.Helper()
	list, err := client(t, opts).BatchV1().Jobs(opts.Namespace).List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]batchv1.Job{}
	for _, job := range list.Items {
		if job.DeletionTimestamp == nil {
			found[job.Name] = job
		}
	}
	return found
}

// TestKindsThatEnd installs, changes, leaves alone and removes a release of a CronJob, a DaemonSet and a Job.
func TestKindsThatEnd(t *testing.T) {
	services := map[string]string{
		"report": "kind: CronJob\nschedule: '0 4 * * *'\n",
		"agent":  "kind: DaemonSet\n",
		"seed":   "kind: Job\nargs: [one]\n",
	}
	opts := options(t)
	opts.Chart, opts.Values = fromSpecs(t, services), nil
	clustertest.RunPods(t, opts.Cluster, opts.Namespace, succeeding)
	apply(t, opts)
	first := slices.Collect(maps.Keys(jobs(t, opts)))
	if len(first) != 1 || !strings.HasPrefix(first[0], "seed-") {
		t.Fatalf("jobs: %v", first)
	}
	if again := apply(t, opts); again.Changed {
		t.Error("the same specs were released again")
	}
	services["seed"] = "kind: Job\nargs: [two]\n"
	if changed := apply(t, opts); changed.Revision != 2 {
		t.Errorf("a changed Job gives revision %d", changed.Revision)
	}
	second := slices.Collect(maps.Keys(jobs(t, opts)))
	if len(second) != 1 || second[0] == first[0] {
		t.Errorf("jobs after a change: %v, before it %v", second, first)
	}
	if _, err := deploy.Destroy(t.Context(), deploy.DestroyOptions{Cluster: opts.Cluster, Name: opts.Name, Namespace: opts.Namespace, Timeout: 30 * time.Second}); err != nil {
		t.Fatal(err)
	}
	if left := jobs(t, opts); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestHooksRunInTheirOrder: the API server lets no pod in whose ServiceAccount is missing, so a hook that ends well had what
// it needs, on a namespace where nothing of the chart was before.
func TestHooksRunInTheirOrder(t *testing.T) {
	services := map[string]string{
		"early":   "kind: Job\nhook: {on: [pre-install, pre-upgrade]}\naccess: [{resources: [pods], verbs: [get]}]\n",
		"migrate": "kind: Job\nhook: {}\nneeds: [db]\nenv: {P: {service: db, key: p}}\n",
		"db":      "ports: {postgres: 5432}\nsecrets: {p: {generate: 8}}\n",
	}
	opts := options(t)
	opts.Chart, opts.Values = fromSpecs(t, services), nil
	clustertest.RunPods(t, opts.Cluster, opts.Namespace, succeeding)
	apply(t, opts)
	services["db"] += "args: [x]\n"
	apply(t, opts)
	if left := jobs(t, opts); len(left) > 0 {
		t.Errorf("hooks that went well are still there: %v", left)
	}
	accounts, err := client(t, opts).CoreV1().ServiceAccounts(opts.Namespace).List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, account := range accounts.Items {
		names = append(names, account.Name)
	}
	if !slices.Equal(names, []string{"db", "default"}) {
		t.Errorf("accounts: %v", names)
	}
}

// TestNamespaceLetsInWhatIsClaimed: a namespace of factory's own follows the specs upwards, one of somebody else's is left alone.
func TestNamespaceLetsInWhatIsClaimed(t *testing.T) {
	services := map[string]string{"web": "args: [x]\n"}
	opts := options(t)
	opts.Chart, opts.Values = fromSpecs(t, services), nil
	clustertest.RunPods(t, opts.Cluster, opts.Namespace, nil)
	enforced := func() string {
		namespace, err := client(t, opts).CoreV1().Namespaces().Get(t.Context(), opts.Namespace, metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return namespace.Labels["pod-security.kubernetes.io/enforce"]
	}
	apply(t, opts)
	if got := enforced(); got != "restricted" {
		t.Errorf("without a claim the namespace enforces %s", got)
	}
	services["web"] = "security: {level: privileged, hostPID: true, runAsUser: 0}\n"
	opts.PodSecurity = "privileged"
	apply(t, opts)
	if got := enforced(); got != "privileged" {
		t.Errorf("the namespace enforces %s, and the pods need more", got)
	}
	opts.PodSecurity = "restricted"
	services["web"] += "args: [y]\n"
	apply(t, opts)
	if got := enforced(); got != "privileged" {
		t.Errorf("the namespace enforces %s while old pods may still run", got)
	}
	if _, err := client(t, opts).CoreV1().Namespaces().Patch(t.Context(), opts.Namespace, types.MergePatchType,
		[]byte(`{"metadata":{"labels":{"factory.dev/made-by":null,"pod-security.kubernetes.io/enforce":"restricted"}}}`), metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
	services["web"] = "args: [z]\n"
	opts.PodSecurity = "privileged"
	apply(t, opts)
	if got := enforced(); got != "restricted" {
		t.Errorf("somebody else's namespace was changed to enforce %s", got)
	}
}
