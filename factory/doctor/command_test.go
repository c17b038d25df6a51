package doctor

import (
	"testing"

	"github.com/helm-chart-factory/factory/factory/kube"
	"github.com/helm-chart-factory/factory/factory/spec"
)

func TestAFixIsWhatTheProjectAndTheClusterNeed(t *testing.T) {
	here := Options{Project: &spec.Project{}, Dir: "."}
	prod := Options{Project: &spec.Project{Environment: "prod"}, Dir: "shop", ClusterFlags: " --cluster current"}
	for _, test := range []struct {
		o         Options
		cluster   *kube.Cluster
		fix, want string
	}{
		{here, nil, "factory deploy; kubectl get pods", "factory deploy; kubectl get pods"},
		{here, &kube.Cluster{Kind: kube.Embedded}, "kubectl -n a get pods; kubectl describe pod", "factory cluster kubectl -- -n a get pods; factory cluster kubectl -- describe pod"},
		{here, &kube.Cluster{Kind: kube.K3s, Kubeconfig: "/k3s.yaml"}, "kubectl get pods", "kubectl --kubeconfig /k3s.yaml get pods"},
		{here, &kube.Cluster{Kind: kube.Named, Context: "c"}, "kubectl get pods", "kubectl --context c get pods"},
		{prod, &kube.Cluster{Kind: kube.Current}, "factory deploy, then: kubectl get pods", "factory deploy -C shop --env prod --cluster current, then: kubectl get pods"},
		{prod, nil, "factory build web", "factory build -C shop --env prod web"},
		{prod, nil, "factory setup-registry; factory configure-k3s-registry", "factory setup-registry -C shop; factory configure-k3s-registry -C shop"},
		{prod, nil, "factory cluster start", "factory cluster start"},
	} {
		e := &examination{Options: test.o, cluster: test.cluster}
		if got := e.copyable(test.fix); got != test.want {
			t.Errorf("%s: %s, want %s", test.fix, got, test.want)
		}
	}
}
