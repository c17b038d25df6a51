package ship

import (
	"context"
	"net/http"

	"helm.sh/helm/v3/pkg/cli"
	helm "helm.sh/helm/v3/pkg/registry"

	"github.com/helm-chart-factory/factory/factory/registry"
)

// newClient is Helm's client of registries, with the logins that `helm registry login` and `docker login` keep. It speaks plain
// HTTP with registries of this machine and TLS with all others: Helm's own way back to plain HTTP is left out.
func newClient(ctx context.Context, host string) (*helm.Client, error) {
	options := []helm.ClientOption{
		helm.ClientOptEnableCache(true),
		helm.ClientOptCredentialsFile(cli.New().RegistryConfig),
		helm.ClientOptHTTPClient(&http.Client{Transport: bound{ctx, helm.NewTransport(false)}}),
	}
	if registry.IsLocal(host) {
		options = append(options, helm.ClientOptPlainHTTP())
	}
	return helm.NewClient(options...)
}

// bound ends every request with a context: Helm's client takes none.
type bound struct {
	ctx  context.Context
	next http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (b bound) RoundTrip(request *http.Request) (*http.Response, error) {
	return b.next.RoundTrip(request.WithContext(b.ctx))
}
