package deploy_test

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/helm-chart-factory/factory/factory/clustertest"
	"github.com/helm-chart-factory/factory/factory/deploy"
)

func TestPlainHelmKeepsTheDigestsAndRollsNothing(t *testing.T) {
	opts := options(t)
	clustertest.RunPods(t, opts.Cluster, opts.Namespace, nil)
	apply(t, opts)
	generation := func() int64 {
		web, err := client(t, opts).AppsV1().Deployments(opts.Namespace).Get(t.Context(), "web", metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return web.Generation
	}
	before := generation()
	deploy.HelmUpgrade(t, opts)
	wantReleases(t, opts, "1 superseded, 2 deployed")
	if after := generation(); after != before {
		t.Errorf("helm changed the Deployment: generation %d became %d", before, after)
	}
	if result := apply(t, opts); result.Changed || result.Revision != 2 {
		t.Errorf("factory after helm: %+v, want revision 2 unchanged", result)
	}
}
