package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/helm-chart-factory/factory/factory/certs"
	"github.com/helm-chart-factory/factory/factory/kube"
	"github.com/helm-chart-factory/factory/factory/spec"
)

const installCertManager = "factory install-cert-manager"

// certManager has it judge a certificate that is not stored.
func (e *examination) certManager(ctx context.Context) Verdict {
	if len(issuers(e.Project)) == 0 {
		return notHere("no service asks for a certificate")
	}
	err := certs.Answers(ctx, e.cluster, "default")
	if err == nil {
		return passed("it accepts a certificate")
	}
	problem := Problem{
		Saw: err.Error(), Why: "without it no certificate is made or renewed, and the API server refuses to store one",
		Fix: installCertManager, remedy: e.installCertManager(),
	}
	switch {
	case apierrors.IsForbidden(err):
		return notAllowed(err)
	case apierrors.IsNotFound(err):
		problem.Saw = "the cluster does not know certificates (cert-manager.io/v1)"
		return failed("cert-manager is not installed", problem)
	}
	if err := e.lookAtWebhook(ctx, &problem); err != nil {
		return notAllowed(err)
	}
	return failed("cert-manager does not answer", problem)
}

// lookAtWebhook says how the webhook is that should have answered. To install what is there already would change nothing, so
// the problem then has another fix, and no remedy.
func (e *examination) lookAtWebhook(ctx context.Context, problem *Problem) error {
	list, err := e.client.AppsV1().Deployments("").List(ctx, metav1.ListOptions{LabelSelector: nameLabel + "=webhook,app.kubernetes.io/component=webhook"})
	if err != nil || len(list.Items) == 0 {
		return err
	}
	webhook := &list.Items[0]
	wanted := ptr.Deref(webhook.Spec.Replicas, 1)
	problem.Saw += fmt.Sprintf("\ndeployment %s/%s has %d of %s ready", webhook.Namespace, webhook.Name, webhook.Status.ReadyReplicas, count(int(wanted), "pod"))
	problem.Fix = fmt.Sprintf("kubectl -n %s describe pods -l %s=webhook; kubectl -n %[1]s rollout restart deployment/%s", webhook.Namespace, nameLabel, webhook.Name)
	if wanted == 0 {
		problem.Fix = fmt.Sprintf("kubectl -n %s scale deployment/%s --replicas=1", webhook.Namespace, webhook.Name)
	}
	problem.remedy = nil
	return nil
}

// installCertManager is nil for clusters that are not this machine's: what belongs to all of such a cluster is for its
// owner to change.
func (e *examination) installCertManager() remedy {
	if e.cluster.Kind != kube.Embedded && e.cluster.Kind != kube.K3s {
		return nil
	}
	return func(ctx context.Context) (string, error) {
		result, err := e.InstallCertManager(ctx, e.cluster)
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("cert-manager %s answers, issuer %s is Ready", result.Version, result.Issuer), nil
	}
}

// issuers names the ClusterIssuers that the project's certificates come from.
func issuers(p *spec.Project) []string {
	var names []string
	for _, service := range p.Released() {
		if service.Ingress != nil && service.Ingress.TLS.Issued() {
			names = append(names, service.Ingress.TLS.Issuer)
		}
		for _, certificate := range service.Certificates {
			names = append(names, certificate.Issuer)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (e *examination) issuer(ctx context.Context) Verdict {
	names := issuers(e.Project)
	if len(names) == 0 {
		return notHere("no service asks for a certificate")
	}
	var problems []Problem
	for _, name := range names {
		found, err := certs.LookAtIssuer(ctx, e.cluster, name)
		if err != nil {
			return notAllowed(err)
		}
		if found.Ready {
			continue
		}
		problem := Problem{
			Saw: "there is no ClusterIssuer " + name, Why: "certificates that name it are never issued: the ingress serves without one",
			Fix: "kubectl describe clusterissuer " + name,
		}
		if found.Found {
			problem.Saw = fmt.Sprintf("ClusterIssuer %s is not Ready: %s", name, found.Message)
		} else {
			problem.Fix = "make it, or correct its name in the spec"
		}
		if name == e.Project.Issuer.Name {
			problem.Fix, problem.remedy = installCertManager, e.installCertManager()
		}
		problems = append(problems, problem)
	}
	if len(problems) > 0 {
		return failed("an issuer is not Ready", problems...)
	}
	return passed("ClusterIssuer %s", strings.Join(names, ", "))
}
