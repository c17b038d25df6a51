package main

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	config "github.com/cert-manager/cert-manager/internal/apis/config/controller"
	"github.com/cert-manager/cert-manager/internal/apis/config/shared"
	"github.com/cert-manager/cert-manager/internal/kube"
	"github.com/cert-manager/cert-manager/pkg/server/tls"
	"github.com/cert-manager/cert-manager/pkg/server/tls/authority"
	"k8s.io/client-go/rest"
)

// metricsCertificates returns what the controller's metrics endpoint shows, nil for plain HTTP, and keeps it fresh in
// group until ctx ends.
func metricsCertificates(ctx context.Context, group *errgroup.Group, c *config.ControllerConfiguration) (tls.CertificateSource, error) {
	connection, err := kube.BuildClientConfig(c.APIServerHost, c.KubeConfig)
	if err != nil {
		return nil, fmt.Errorf("connecting for the metrics certificate: %w", err)
	}
	source := certificateSource(c.MetricsTLSConfig, connection)
	if source == nil {
		return nil, nil
	}
	group.Go(func() error { return source.Start(ctx) })
	return source, nil
}

func certificateSource(c shared.TLSConfig, connection *rest.Config) tls.CertificateSource {
	switch {
	case c.FilesystemConfigProvided():
		return &tls.FileCertificateSource{CertPath: c.Filesystem.CertFile, KeyPath: c.Filesystem.KeyFile}
	case c.DynamicConfigProvided():
		return &tls.DynamicSource{
			DNSNames: c.Dynamic.DNSNames,
			Authority: &authority.DynamicAuthority{
				SecretNamespace: c.Dynamic.SecretNamespace,
				SecretName:      c.Dynamic.SecretName,
				LeafDuration:    c.Dynamic.LeafDuration,
				RESTConfig:      connection,
			},
		}
	default:
		return nil
	}
}
