package deploy_test

import (
	"testing"

	"github.com/helm-chart-factory/factory/factory/clustertest"
	"github.com/helm-chart-factory/factory/factory/deploy"
)

func TestServicesOfARelease(t *testing.T) {
	opts := options(t)
	clustertest.RunPods(t, opts.Cluster, opts.Namespace, nil)
	apply(t, opts)
	release, err := deploy.Find(t.Context(), opts.Cluster, opts.Name, opts.Namespace)
	if err != nil {
		t.Fatal(err)
	}
	services, err := release.Services()
	if err != nil {
		t.Fatal(err)
	}
	for _, service := range services {
		if service.Name != "web" {
			continue
		}
		if len(service.Pods) != 1 || service.Pods[0].Workload != "deployment/web" || len(service.Pods[0].Labels) == 0 ||
			len(service.Addresses) != 1 || service.Addresses[0].Name != "web" {
			t.Errorf("web: %+v", service)
		}
		wantList(t, "urls", service.URLs, "http://shop.local/", "https://safe.shop.local/")
		return
	}
	t.Errorf("no service web in %+v", services)
}
