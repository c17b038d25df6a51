package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/helm-chart-factory/factory/factory/certs"
	"github.com/helm-chart-factory/factory/factory/kube"
	"github.com/helm-chart-factory/factory/factory/spec"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
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
	detail := "cert-manager does not answer"
	switch {
	case apierrors.IsForbidden(err):
		return notAllowed(err)
	case meta.IsNoMatchError(err), apierrors.IsNotFound(err):
		problem.Saw = "the cluster does not know certificates (cert-manager.io/v1)"
		detail = "cert-manager is not installed"
	}
	return failed(detail, problem)
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
