package deploy_test

import (
	"fmt"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/helm-chart-factory/factory/factory/deploy"
	"github.com/helm-chart-factory/factory/factory/deploy/plan"
)

func previewRollback(t *testing.T, opts deploy.Options, revision int) (*plan.Plan, int) {
	t.Helper()
	found, to, err := deploy.PreviewRollback(t.Context(), opts, revision)
	if err != nil {
		t.Fatalf("the rollback's plan: %v", err)
	}
	return found, to
}

func rollback(t *testing.T, opts deploy.Options, from, to int) *deploy.Result {
	t.Helper()
	result, err := deploy.Rollback(t.Context(), opts, from, to)
	if err != nil {
		t.Fatalf("rollback: %v", err)
	}
	return result
}

func level(t *testing.T, opts deploy.Options) string {
	t.Helper()
	found, err := client(t, opts).CoreV1().ConfigMaps(opts.Namespace).Get(t.Context(), "settings", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return found.Data["level"]
}

func TestRollbackSkipsWhatNeverWorked(t *testing.T) {
	opts := previewOptions(t, map[string]string{"web": fmt.Sprintf(webService, "-1")})
	if _, err := deploy.Apply(t.Context(), opts); err == nil {
		t.Fatal("revision 1 was to fail")
	}
	opts.Chart = charts(map[string]string{"web": fmt.Sprintf(settings, "one")})
	apply(t, opts)
	wantReleases(t, opts, "1 superseded, 2 deployed")
	if _, _, err := deploy.PreviewRollback(t.Context(), opts, 0); err == nil || !strings.Contains(err.Error(), "no revision before 2 of release shop was deployed successfully") {
		t.Errorf("back to what failed: %v", err)
	}
	opts.Chart = charts(map[string]string{"web": fmt.Sprintf(settings, "three")})
	apply(t, opts)
	p, to := previewRollback(t, opts, 0)
	wantPlan(t, p, "1 object changes, no workload restarts, none is deleted", "change configmap/settings data.level:three->one")
	if to != 2 || p.From != 3 || p.To != 4 {
		t.Errorf("to %d, plan from %d to %d; want back to 2, from 3 to 4", to, p.From, p.To)
	}
	if level(t, opts) != "three" {
		t.Error("the plan rolled back")
	}
	if result := rollback(t, opts, p.From, to); result.Revision != 4 || !result.Changed {
		t.Errorf("got %+v, want revision 4", result)
	}
	if got := level(t, opts); got != "one" {
		t.Errorf("level %s after the rollback, want one", got)
	}
	wantReleases(t, opts, "1 superseded, 2 superseded, 3 superseded, 4 deployed")
	if revisions := history(t, opts); revisions[3].Description != "Rollback to 2" || revisions[3].By.User == "" {
		t.Errorf("the history says %+v", revisions[3])
	}
	p, _ = previewRollback(t, opts, 2)
	wantPlan(t, p, "nothing changes", "")
}

func TestRollbackFromAFailedRevision(t *testing.T) {
	opts := previewOptions(t, map[string]string{"web": fmt.Sprintf(settings, "one") + "---\n" + fmt.Sprintf(webDeployment, "web", "1")})
	apply(t, opts)
	opts.Chart = charts(map[string]string{"web": fmt.Sprintf(settings, "two") + "---\n" + fmt.Sprintf(webDeployment, "other", "1")})
	if _, err := deploy.Apply(t.Context(), opts); err == nil {
		t.Fatal("revision 2 was to fail")
	}
	p, to := previewRollback(t, opts, 0)
	if to != 1 {
		t.Errorf("back to %d, want 1", to)
	}
	rollback(t, opts, p.From, to)
	if got := level(t, opts); got != "one" {
		t.Errorf("level %s after the rollback, want one", got)
	}
	wantReleases(t, opts, "1 superseded, 2 failed, 3 deployed")
}

func TestRollbackToTheCurrentRevisionTakesDriftBack(t *testing.T) {
	opts := previewOptions(t, map[string]string{"web": fmt.Sprintf(settings, "info")})
	apply(t, opts)
	edit(t, opts, "configmaps", "settings", "somebody", `{"data":{"level":"debug"}}`)
	p, to := previewRollback(t, opts, 1)
	wantPlan(t, p, "1 object changes, no workload restarts, none is deleted",
		"change configmap/settings data.level:debug->info DRIFT data.level info!=debug by somebody stays=false")
	rollback(t, opts, p.From, to)
	if got := level(t, opts); got != "info" {
		t.Errorf("level %s after the rollback, want info", got)
	}
}

func TestRollbackRefusesAPlanThatIsOutOfDate(t *testing.T) {
	opts := previewOptions(t, map[string]string{"web": fmt.Sprintf(settings, "one")})
	apply(t, opts)
	opts.Chart = charts(map[string]string{"web": fmt.Sprintf(settings, "two")})
	apply(t, opts)
	_, err := deploy.Rollback(t.Context(), opts, 1, 1)
	if err == nil || !strings.Contains(err.Error(), `release "shop" is at revision 2 by now, not 1: nothing was done`) {
		t.Errorf("got %v", err)
	}
	wantReleases(t, opts, "1 superseded, 2 deployed")
}

func TestRollbackWithoutAnywhereToGo(t *testing.T) {
	opts := previewOptions(t, map[string]string{"web": fmt.Sprintf(settings, "one")})
	for _, test := range []struct {
		before   func()
		revision int
		want     string
	}{
		{func() {}, 0, "there is no release shop in namespace " + opts.Namespace + "\nnext: factory deploy"},
		{func() { apply(t, opts) }, 0, "no revision before 1 of release shop was deployed successfully\nnext: factory history"},
		{func() {}, 7, "release shop has no revision 7: stored are 1 to 1\nnext: factory history"},
	} {
		test.before()
		if _, _, err := deploy.PreviewRollback(t.Context(), opts, test.revision); err == nil || err.Error() != test.want {
			t.Errorf("got %v, want %s", err, test.want)
		}
	}
}

const autoscaler = `
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  minReplicas: 1
  maxReplicas: 9
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}}]
`

// scale sets the replicas as an autoscaler does. Nothing has to run: the Deployment is paused.
func scale(t *testing.T, opts deploy.Options, replicas string) {
	t.Helper()
	_, err := client(t, opts).AppsV1().Deployments(opts.Namespace).
		Patch(t.Context(), "web", types.MergePatchType, []byte(`{"spec":{"replicas":`+replicas+`}}`), metav1.PatchOptions{FieldManager: "kube-controller-manager"}, "scale")
	if err != nil {
		t.Fatal(err)
	}
}

func replicas(t *testing.T, opts deploy.Options) int32 {
	t.Helper()
	web, err := client(t, opts).AppsV1().Deployments(opts.Namespace).Get(t.Context(), "web", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return *web.Spec.Replicas
}

func TestReplicasOfAnAutoscalerAreLeftAlone(t *testing.T) {
	paused := strings.Replace(webDeployment, "replicas: 0", "replicas: 1\n  paused: true", 1)
	scaled := strings.Replace(webDeployment, "replicas: 0", "paused: true", 1) + autoscaler
	opts := previewOptions(t, map[string]string{"web": fmt.Sprintf(paused, "web", "1") + autoscaler})
	apply(t, opts)
	scale(t, opts, "5")
	wantPlan(t, preview(t, opts), "nothing changes", "")
	// The chart ceases to say a number, as it should: plain Helm would now let it fall to 1.
	opts.Chart = charts(map[string]string{"web": fmt.Sprintf(scaled, "web", "2")})
	image := "spec.template.spec.containers[web].image:example.invalid/web:"
	wantPlan(t, preview(t, opts), "1 object changes, no workload restarts, none is deleted", "change deployment/web "+image+"1->example.invalid/web:2")
	apply(t, opts)
	if got := replicas(t, opts); got != 5 {
		t.Errorf("%d replicas after the deploy, want the autoscaler's 5", got)
	}
	p, to := previewRollback(t, opts, 0)
	wantPlan(t, p, "1 object changes, no workload restarts, none is deleted", "change deployment/web "+image+"2->example.invalid/web:1")
	rollback(t, opts, p.From, to)
	if got := replicas(t, opts); got != 5 {
		t.Errorf("%d replicas after the rollback, want the autoscaler's 5", got)
	}
	// Without an autoscaler the chart says how many.
	opts.Chart = charts(map[string]string{"web": fmt.Sprintf(paused, "web", "1")})
	wantPlan(t, preview(t, opts), "1 object changes, no workload restarts, 1 is deleted",
		"change deployment/web spec.replicas:5->1 DRIFT spec.replicas 1!=5 by kube-controller-manager stays=false", "delete horizontalpodautoscaler/web")
	apply(t, opts)
	if got := replicas(t, opts); got != 1 {
		t.Errorf("%d replicas without an autoscaler, want 1", got)
	}
}

func TestRollbackOnTheCommandLine(t *testing.T) {
	p := newProject(t)
	p.want(p.run(2, "rollback", "first"), `"first" is no revision: want a number of factory history`)
	p.want(p.run(2, "rollback"), "say --yes, or --plan")
	p.want(p.run(1, "rollback", "--yes"), "next: factory deploy")
	p.run(0, "deploy")
	p.service("2")
	p.run(0, "deploy")
	p.want(p.run(0, "rollback", "--plan", "-o", "json"), `"before":"example.invalid/web:2","after":"example.invalid/web:1"`)
	p.want(p.run(0, "rollback", "2", "--yes"), "shop revision 2 is already what revision 2 says: nothing written")
	out := p.run(0, "rollback", "--yes")
	p.want(out, "RESTARTS\n  deployment/web")
	p.want(out, "runs what revision 1 ran")
	p.want(p.run(0, "history"), "Rollback to 1")
}
