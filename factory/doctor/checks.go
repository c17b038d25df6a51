package doctor

import (
	"context"
	"time"

	"k8s.io/client-go/kubernetes"

	"github.com/helm-chart-factory/factory/factory/deploy"
	"github.com/helm-chart-factory/factory/factory/deploy/rollout"
	"github.com/helm-chart-factory/factory/factory/kube"
)

// The labels by which the pods of a service are known.
const (
	nameLabel     = "app.kubernetes.io/name"
	instanceLabel = "app.kubernetes.io/instance"
)

// examination is one run of all checks. What one finds for those that need it is set before they run.
type examination struct {
	Options

	// api-server sets these.
	cluster *kube.Cluster
	client  kubernetes.Interface
	// release sets these: the release, nil where there is none yet, and how far its objects are.
	release *deploy.Release
	states  []rollout.State
	missing []string
}

// checks lists every check, from the machine over the cluster to the release.
func (e *examination) checks() []Check {
	return []Check{
		{ID: "disk", Title: "there is room where factory writes", Run: e.disk},
		{ID: "registry", Title: "the registry answers", Run: e.registry},
		{ID: "images", Title: "the registry has every image that is built", Needs: []string{"registry"}, Run: e.images},
		{ID: "k3s-registries", Title: "k3s knows the registry", Run: e.k3sRegistries},
		{ID: "k3s-restarted", Title: "k3s was restarted since it was told", Needs: []string{"k3s-registries"}, Run: e.k3sRestarted},

		{ID: "api-server", Title: "the API server answers", Limit: 20 * time.Second, Run: e.apiServer},
		{ID: "clock", Title: "this machine and the cluster agree on the time", Needs: []string{"api-server"}, Run: e.clock},
		{ID: "node", Title: "a node is Ready", Needs: []string{"api-server"}, Run: e.node},
		{ID: "nodes", Title: "all nodes are Ready", Needs: []string{"node"}, Run: e.nodes},
		{ID: "node-disk", Title: "there is room on the nodes", Needs: []string{"node"}, Run: e.nodeDisk},
		{ID: "pull", Title: "a node pulls from the registry", Needs: []string{"registry", "node"}, Limit: 45 * time.Second, Run: e.pull},
		{ID: "cluster-dns", Title: "names resolve in the cluster", Needs: []string{"node"}, Run: e.clusterDNS},
		{ID: "storage-class", Title: "the cluster can make the volumes", Needs: []string{"node"}, Run: e.storageClass},
		{ID: "ingress-class", Title: "the cluster serves the ingresses", Needs: []string{"node"}, Run: e.ingressClass},
		{ID: "hosts", Title: "this machine resolves the ingresses' hosts", Needs: []string{"api-server"}, Run: e.hosts},
		{ID: "cert-manager", Title: "cert-manager answers", Needs: []string{"node"}, Run: e.certManager},
		{ID: "issuer", Title: "the issuer is Ready", Needs: []string{"cert-manager"}, Run: e.issuer},

		{ID: "release", Title: "the project is released", Needs: []string{"api-server"}, Run: e.released},
		{ID: "pods", Title: "what is released is there and runs", Needs: []string{"release", "node"}, Run: e.ifReleased(e.pods)},
		{ID: "certificates", Title: "the certificates are valid for their hosts", Needs: []string{"release", "issuer"}, Run: e.ifReleased(e.certificates)},
		{ID: "service-account", Title: "pods run as the account of their service", Needs: []string{"release"}, Run: e.ifReleased(e.serviceAccounts)},
		{ID: "access", Title: "services may do what their access says", Needs: []string{"release"}, Run: e.ifReleased(e.access)},
		{ID: "needs", Title: "something answers behind what services need", Needs: []string{"release", "node"}, Run: e.ifReleased(e.needs)},
		{ID: "readiness", Title: "services say that they are ready", Needs: []string{"release", "node"}, Run: e.ifReleased(e.readiness)},
	}
}

// ifReleased is a check that there is only something for once the project is released.
func (e *examination) ifReleased(check func(context.Context) Verdict) func(context.Context) Verdict {
	return func(ctx context.Context) Verdict {
		if e.release == nil {
			return notHere("nothing is released yet")
		}
		return check(ctx)
	}
}
