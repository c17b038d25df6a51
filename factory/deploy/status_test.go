package deploy_test

import (
	"testing"

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
