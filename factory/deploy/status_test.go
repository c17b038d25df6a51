package deploy_test

import (
	"strings"
	"testing"
	"time"

	autoscalingv1 "k8s.io/api/autoscaling/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/helm-chart-factory/factory/factory/clustertest"
	"github.com/helm-chart-factory/factory/factory/deploy"
)

func look(t *testing.T, opts deploy.Options) *deploy.Status {
	t.Helper()
	status, err := deploy.Look(t.Context(), opts.Cluster, opts.Name, opts.Namespace)
	if err != nil {
		t.Fatal(err)
	}
	return status
}

func TestStatusOfNothingIsNil(t *testing.T) {
	if status := look(t, options(t)); status != nil {
		t.Errorf("got %+v", status)
	}
}

func TestStatusTellsWhatRunsAndWhatIsMissing(t *testing.T) {
	opts := options(t)
	clustertest.RunPods(t, opts.Cluster, opts.Namespace, nil)
	apply(t, opts)
	status := look(t, opts)
	if !status.Ready || status.Revision != 1 || status.Status != "deployed" || len(status.Workloads) != 2 {
		t.Fatalf("got %+v", status)
	}
	web := status.Workloads[1]
	if status.Workloads[0].Name == "deployment/web" {
		web = status.Workloads[0]
	}
	if web.Name != "deployment/web" || web.Ready != 2 || web.Wanted != 2 || len(web.Images) != 1 || web.Images[0] != "example.invalid/web@"+digest('a') {
		t.Errorf("web: %+v", web)
	}
	wantList(t, "urls", status.URLs, "http://shop.local/", "https://safe.shop.local/")
	if err := client(t, opts).CoreV1().Services(opts.Namespace).Delete(t.Context(), "web", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	if status := look(t, opts); status.Ready || len(status.Missing) != 1 || status.Missing[0] != "service/web" {
		t.Errorf("after a deletion: %+v", status)
	}
}

func TestStatusTellsWhatDriftedAndWhoDidIt(t *testing.T) {
	opts := options(t)
	clustertest.RunPods(t, opts.Cluster, opts.Namespace, nil)
	apply(t, opts)
	if status := look(t, opts); status.Drift == nil || len(status.Drift) != 0 {
		t.Fatalf("just released, and drifted: %+v", status.Drift)
	}
	scale := &autoscalingv1.Scale{ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: opts.Namespace}, Spec: autoscalingv1.ScaleSpec{Replicas: 3}}
	_, err := client(t, opts).AppsV1().Deployments(opts.Namespace).UpdateScale(t.Context(), "web", scale, metav1.UpdateOptions{FieldManager: "kubectl"})
	if err != nil {
		t.Fatal(err)
	}
	status := look(t, opts)
	if len(status.Drift) != 1 || status.Drift[0].Object != "deployment/web" || status.Drift[0].Service != "web" || len(status.Drift[0].Fields) != 1 {
		t.Fatalf("got %+v", status.Drift)
	}
	if text := status.Drift[0].Fields[0].Text(time.Now()); !strings.HasPrefix(text, "spec.replicas is 3, released as 2, by kubectl") {
		t.Errorf("got %q", text)
	}
}
