package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
	ctrl "sigs.k8s.io/controller-runtime"

	config "github.com/cert-manager/cert-manager/internal/apis/config/controller"
	"github.com/cert-manager/cert-manager/internal/apis/config/controller/v1alpha1"
	"github.com/cert-manager/cert-manager/internal/controller/feature"
	"github.com/cert-manager/cert-manager/internal/pem"
	"github.com/cert-manager/cert-manager/pkg/controller"
	"github.com/cert-manager/cert-manager/pkg/healthz"
	_ "github.com/cert-manager/cert-manager/pkg/issuer/acme"
	_ "github.com/cert-manager/cert-manager/pkg/issuer/ca"
	_ "github.com/cert-manager/cert-manager/pkg/issuer/selfsigned"
	_ "github.com/cert-manager/cert-manager/pkg/issuer/vault"
	_ "github.com/cert-manager/cert-manager/pkg/issuer/venafi"
	logf "github.com/cert-manager/cert-manager/pkg/logs"
	"github.com/cert-manager/cert-manager/pkg/metrics"
	"github.com/cert-manager/cert-manager/pkg/server"
	utilfeature "github.com/cert-manager/cert-manager/pkg/util/feature"
)

// runController serves metrics and health and, once it leads, runs the enabled controllers until ctx ends.
func runController(ctx context.Context, args []string, stderr io.Writer) error {
	settings, err := controllerSource().read("controller", args, stderr)
	if err != nil {
		return err
	}
	if err := apply(&settings.Logging, settings.FeatureGates); err != nil {
		return err
	}
	sizes := settings.PEMSizeLimitsConfig
	pem.SetGlobalSizeLimits(pem.SizeLimits{
		MaxCertificateSize: sizes.MaxCertificateSize,
		MaxPrivateKeySize:  sizes.MaxPrivateKeySize,
		MaxChainLength:     sizes.MaxChainLength,
		MaxBundleSize:      sizes.MaxBundleSize,
	})
	ctx = logf.NewContext(ctx, logf.Log, "controller")
	ctrl.SetLogger(logf.FromContext(ctx))

	options, err := contextOptions(settings)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	factory, err := controller.NewContextFactory(ctx, options)
	if err != nil {
		return fmt.Errorf("connecting to the API server: %w", err)
	}
	root, err := factory.Build()
	if err != nil {
		return fmt.Errorf("building clients: %w", err)
	}
	// The collectors must be known before the metrics server registers them, and their listers before the
	// informers start.
	setUpCollectors(root)
	health := healthz.NewServer(settings.LeaderElectionConfig.HealthzTimeout)
	listener, err := net.Listen("tcp", settings.HealthzListenAddress)
	if err != nil {
		return fmt.Errorf("listening for health checks: %w", err)
	}
	group.Go(func() error { return health.Start(ctx, listener) })
	if err := serveMetrics(ctx, group, settings, root.Metrics); err != nil {
		return err
	}
	group.Go(func() error {
		lead := func(ctx context.Context) error { return runEnabled(ctx, settings, factory, root) }
		if !settings.LeaderElectionConfig.Enabled {
			return lead(ctx)
		}
		leader, err := newLeader(settings, health.LeaderHealthzAdaptor)
		if err != nil {
			return err
		}
		return leader.run(ctx, lead)
	})
	return group.Wait()
}

func setUpCollectors(root *controller.Context) {
	certmanager := root.SharedInformerFactory.Certmanager().V1()
	root.Metrics.SetupCertificateCollector(certmanager.Certificates().Lister())
	root.Metrics.SetupIssuerCollector(certmanager.Issuers().Lister())
	root.Metrics.SetupACMECollector(root.SharedInformerFactory.Acme().V1().Challenges().Lister())
	if root.Namespace == "" {
		root.Metrics.SetupClusterIssuerCollector(certmanager.ClusterIssuers().Lister())
	}
}

// serveMetrics listens at once, so that a taken port fails the start, and serves in group until ctx ends.
func serveMetrics(ctx context.Context, group *errgroup.Group, settings *config.ControllerConfiguration, m *metrics.Metrics) error {
	tls := settings.MetricsTLSConfig
	source, err := metricsCertificates(ctx, group, settings)
	if err != nil {
		return err
	}
	listener, err := server.Listen(ctx, "tcp", settings.MetricsListenAddress,
		server.WithCertificateSource(source),
		server.WithTLSCipherSuites(tls.CipherSuites),
		server.WithTLSMinVersion(tls.MinTLSVersion),
	)
	if err != nil {
		return fmt.Errorf("listening for metrics: %w", err)
	}
	serving := m.NewServer(listener)
	group.Go(func() error {
		if err := serving.Serve(listener); err != http.ErrServerClosed {
			return fmt.Errorf("serving metrics: %w", err)
		}
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		return serving.Shutdown(last)
	})
	return nil
}

// runEnabled builds every enabled controller, starts the informers that they asked for and waits for all of them.
func runEnabled(ctx context.Context, settings *config.ControllerConfiguration, factory *controller.ContextFactory, root *controller.Context) error {
	names := enabledControllers(settings)
	group, ctx := errgroup.WithContext(ctx)
	var ready []func() error
	for name, build := range controller.Known() {
		if !slices.Contains(names, name) {
			continue
		}
		built, err := build(factory)
		if err != nil {
			return fmt.Errorf("building controller %q: %w", name, err)
		}
		ready = append(ready, func() error {
			if err := built.Run(settings.NumberOfConcurrentWorkers, ctx); err != nil {
				return fmt.Errorf("controller %q: %w", name, err)
			}
			return nil
		})
	}
	root.SharedInformerFactory.Start(ctx.Done())
	root.KubeSharedInformerFactory.Start(ctx.Done())
	root.HTTP01ResourceMetadataInformersFactory.Start(ctx.Done())
	if root.GatewaySolverEnabled {
		root.GWShared.Start(ctx.Done())
	}
	for _, run := range ready {
		group.Go(run)
	}
	return group.Wait()
}

// enabledControllers resolves --controllers: "*" stands for the default set, "-name" takes one away.
func enabledControllers(settings *config.ControllerConfiguration) []string {
	var on []string
	off := map[string]bool{}
	for _, name := range settings.Controllers {
		switch {
		case name == "*":
			on = append(on, v1alpha1.DefaultEnabledControllers...)
		case name[0] == '-':
			off[name[1:]] = true
		default:
			on = append(on, name)
		}
	}
	if utilfeature.DefaultFeatureGate.Enabled(feature.ExperimentalCertificateSigningRequestControllers) {
		on = append(on, v1alpha1.ExperimentalCertificateSigningRequestControllers...)
	}
	if gatewayEnabled(settings) {
		on = append(on, gatewayShim)
	}
	if settings.Namespace != "" {
		for _, name := range v1alpha1.ClusterScopedControllers {
			off[name] = true
		}
	}
	on = slices.DeleteFunc(on, func(name string) bool { return off[name] })
	slices.Sort(on)
	return slices.Compact(on)
}
