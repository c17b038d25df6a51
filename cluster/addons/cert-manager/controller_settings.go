package main

import (
	"fmt"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/sets"
	cliflag "k8s.io/component-base/cli/flag"

	config "github.com/cert-manager/cert-manager/internal/apis/config/controller"
	"github.com/cert-manager/cert-manager/internal/apis/config/controller/scheme"
	"github.com/cert-manager/cert-manager/internal/apis/config/controller/validation"
	"github.com/cert-manager/cert-manager/internal/controller/feature"
	configv1alpha1 "github.com/cert-manager/cert-manager/pkg/apis/config/controller/v1alpha1"
	"github.com/cert-manager/cert-manager/pkg/controller"
	gateways "github.com/cert-manager/cert-manager/pkg/controller/certificate-shim/gateways"
	"github.com/cert-manager/cert-manager/pkg/controller/configfile"
	logf "github.com/cert-manager/cert-manager/pkg/logs"
	utilfeature "github.com/cert-manager/cert-manager/pkg/util/feature"
)

const gatewayShim = gateways.ControllerName

func controllerSource() source[config.ControllerConfiguration] {
	return source[config.ControllerConfiguration]{
		defaults: controllerDefaults,
		file: func(path string) (*config.ControllerConfiguration, error) {
			file := configfile.New()
			err := loadFile(path, file)
			return file.Config, err
		},
		flags:    addControllerFlags,
		validate: validation.ValidateControllerConfiguration,
	}
}

func controllerDefaults() (*config.ControllerConfiguration, error) {
	scheme, _, err := scheme.NewSchemeAndCodecs()
	if err != nil {
		return nil, err
	}
	versioned := &configv1alpha1.ControllerConfiguration{}
	scheme.Default(versioned)
	settings := &config.ControllerConfiguration{}
	return settings, scheme.Convert(versioned, settings, nil)
}

func addControllerFlags(fs *pflag.FlagSet, c *config.ControllerConfiguration) {
	fs.StringVar(&c.APIServerHost, "master", c.APIServerHost, "address of the API server; empty means the pod's own")
	fs.StringVar(&c.KubeConfig, "kubeconfig", c.KubeConfig, "kubeconfig file; empty means the pod's own account")
	fs.Float32Var(&c.KubernetesAPIQPS, "kube-api-qps", c.KubernetesAPIQPS, "requests a second to the API server")
	fs.IntVar(&c.KubernetesAPIBurst, "kube-api-burst", c.KubernetesAPIBurst, "burst of requests to the API server")
	fs.StringVar(&c.Namespace, "namespace", c.Namespace, "the only namespace to work in; empty means all")
	fs.StringVar(&c.ClusterResourceNamespace, "cluster-resource-namespace", c.ClusterResourceNamespace, "namespace of a ClusterIssuer's own resources")
	addLeaderElectionFlags(fs, &c.LeaderElectionConfig.LeaderElectionConfig)
	fs.DurationVar(&c.LeaderElectionConfig.HealthzTimeout, "internal-healthz-leader-election-timeout", c.LeaderElectionConfig.HealthzTimeout, "how long after a lost lease the program counts as dead")
	fs.StringSliceVar(&c.Controllers, "controllers", c.Controllers, "controllers to run: '*' the default ones, 'name' one more, '-name' one less")
	fs.BoolVar(&c.ClusterIssuerAmbientCredentials, "cluster-issuer-ambient-credentials", c.ClusterIssuerAmbientCredentials, "let cluster issuers use the environment's credentials")
	fs.BoolVar(&c.IssuerAmbientCredentials, "issuer-ambient-credentials", c.IssuerAmbientCredentials, "let issuers use the environment's credentials")
	fs.BoolVar(&c.EnableCertificateOwnerRef, "enable-certificate-owner-ref", c.EnableCertificateOwnerRef, "delete a certificate's secret with it")
	fs.StringSliceVar(&c.CopiedAnnotationPrefixes, "copied-annotation-prefixes", c.CopiedAnnotationPrefixes, "annotations handed from Certificate to CertificateRequest and Order")
	fs.IntVar(&c.NumberOfConcurrentWorkers, "concurrent-workers", c.NumberOfConcurrentWorkers, "workers of each controller")
	fs.IntVar(&c.MaxConcurrentChallenges, "max-concurrent-challenges", c.MaxConcurrentChallenges, "ACME challenges at a time")
	fs.DurationVar(&c.CertificateRequestMinimumBackoffDuration, "certificate-request-minimum-backoff-duration", c.CertificateRequestMinimumBackoffDuration, "first pause after a failed request")
	fs.DurationVar(&c.CertificateRequestMaximumBackoffDuration, "certificate-request-maximum-backoff-duration", c.CertificateRequestMaximumBackoffDuration, "longest pause after failed requests")
	fs.StringVar(&c.MetricsListenAddress, "metrics-listen-address", c.MetricsListenAddress, "address of the metrics endpoint")
	addTLSFlags(fs, "metrics-", &c.MetricsTLSConfig)
	fs.StringVar(&c.HealthzListenAddress, "internal-healthz-listen-address", c.HealthzListenAddress, "address of the health endpoint")
	fs.BoolVar(&c.GatewayAPIConfig.Enabled, "enable-gateway-api", c.GatewayAPIConfig.Enabled, "serve the Gateway API's objects")
	fs.BoolVar(&c.GatewayAPIConfig.EnableListenerSet, "enable-gateway-api-listenerset", c.GatewayAPIConfig.EnableListenerSet, "serve ListenerSets too")
	addIngressShimFlags(fs, &c.IngressShimConfig)
	addACMEFlags(fs, &c.ACMEHTTP01Config, &c.ACMEDNS01Config)
	addFeatureGateFlag(fs, &c.FeatureGates)
	logf.AddFlags(&c.Logging, fs)
}

func addIngressShimFlags(fs *pflag.FlagSet, c *config.IngressShimConfig) {
	fs.StringVar(&c.DefaultIssuerName, "default-issuer-name", c.DefaultIssuerName, "issuer of an Ingress that names none")
	fs.StringVar(&c.DefaultIssuerKind, "default-issuer-kind", c.DefaultIssuerKind, "kind of that issuer")
	fs.StringVar(&c.DefaultIssuerGroup, "default-issuer-group", c.DefaultIssuerGroup, "API group of that issuer")
	fs.StringSliceVar(&c.DefaultAutoCertificateAnnotations, "auto-certificate-annotations", c.DefaultAutoCertificateAnnotations, "annotations that ask for a certificate from that issuer")
	fs.StringSliceVar(&c.ExtraCertificateAnnotations, "extra-certificate-annotations", c.ExtraCertificateAnnotations, "annotations handed from Ingress to Certificate")
}

func addACMEFlags(fs *pflag.FlagSet, http *config.ACMEHTTP01Config, dns *config.ACMEDNS01Config) {
	fs.StringVar(&http.SolverImage, "acme-http01-solver-image", http.SolverImage, "image of the challenge solver")
	fs.StringVar(&http.SolverResourceRequestCPU, "acme-http01-solver-resource-request-cpu", http.SolverResourceRequestCPU, "CPU that a solver requests")
	fs.StringVar(&http.SolverResourceRequestMemory, "acme-http01-solver-resource-request-memory", http.SolverResourceRequestMemory, "memory that a solver requests")
	fs.StringVar(&http.SolverResourceLimitsCPU, "acme-http01-solver-resource-limits-cpu", http.SolverResourceLimitsCPU, "CPU limit of a solver")
	fs.StringVar(&http.SolverResourceLimitsMemory, "acme-http01-solver-resource-limits-memory", http.SolverResourceLimitsMemory, "memory limit of a solver")
	fs.BoolVar(&http.SolverRunAsNonRoot, "acme-http01-solver-run-as-non-root", http.SolverRunAsNonRoot, "forbid root in a solver")
	fs.StringVar(&http.SolverRuntimeClassName, "acme-http01-solver-runtime-class-name", http.SolverRuntimeClassName, "runtime class of a solver")
	fs.StringSliceVar(&http.SolverNameservers, "acme-http01-solver-nameservers", http.SolverNameservers, "name servers (address:port) of the solver's self-check")
	fs.Var(cliflag.NewMapStringString(&http.SolverExtraLabels), "acme-http01-solver-extra-labels", "key=value labels of a solver's objects")
	fs.StringSliceVar(&dns.RecursiveNameservers, "dns01-recursive-nameservers", dns.RecursiveNameservers, "name servers (address:port) of the DNS challenge's self-check")
	fs.BoolVar(&dns.RecursiveNameserversOnly, "dns01-recursive-nameservers-only", dns.RecursiveNameserversOnly, "ask only those")
	fs.DurationVar(&dns.CheckRetryPeriod, "dns01-check-retry-period", dns.CheckRetryPeriod, "pause between self-checks")
}

func gatewayEnabled(c *config.ControllerConfiguration) bool {
	return utilfeature.DefaultFeatureGate.Enabled(feature.ExperimentalGatewayAPISupport) && c.GatewayAPIConfig.Enabled
}

// contextOptions is c in the form that cert-manager's controllers take; a wrong solver quantity is an error.
func contextOptions(c *config.ControllerConfiguration) (controller.ContextOptions, error) {
	var quantities [4]resource.Quantity
	for i, text := range []string{
		c.ACMEHTTP01Config.SolverResourceRequestCPU,
		c.ACMEHTTP01Config.SolverResourceRequestMemory,
		c.ACMEHTTP01Config.SolverResourceLimitsCPU,
		c.ACMEHTTP01Config.SolverResourceLimitsMemory,
	} {
		var err error
		if quantities[i], err = resource.ParseQuantity(text); err != nil {
			return controller.ContextOptions{}, fmt.Errorf("solver resource %q: %w", text, err)
		}
	}
	return controller.ContextOptions{
		APIServerHost:      c.APIServerHost,
		Kubeconfig:         c.KubeConfig,
		KubernetesAPIQPS:   c.KubernetesAPIQPS,
		KubernetesAPIBurst: c.KubernetesAPIBurst,
		Namespace:          c.Namespace,
		IssuerOptions: controller.IssuerOptions{
			ClusterResourceNamespace:        c.ClusterResourceNamespace,
			ClusterIssuerAmbientCredentials: c.ClusterIssuerAmbientCredentials,
			IssuerAmbientCredentials:        c.IssuerAmbientCredentials,
		},
		ACMEOptions: controller.ACMEOptions{
			HTTP01SolverImage:                 c.ACMEHTTP01Config.SolverImage,
			HTTP01SolverResourceRequestCPU:    quantities[0],
			HTTP01SolverResourceRequestMemory: quantities[1],
			HTTP01SolverResourceLimitsCPU:     quantities[2],
			HTTP01SolverResourceLimitsMemory:  quantities[3],
			ACMEHTTP01SolverRunAsNonRoot:      c.ACMEHTTP01Config.SolverRunAsNonRoot,
			HTTP01SolverRuntimeClassName:      c.ACMEHTTP01Config.SolverRuntimeClassName,
			HTTP01SolverNameservers:           c.ACMEHTTP01Config.SolverNameservers,
			HTTP01SolverExtraLabels:           c.ACMEHTTP01Config.SolverExtraLabels,
			DNS01CheckAuthoritative:           !c.ACMEDNS01Config.RecursiveNameserversOnly,
			DNS01Nameservers:                  c.ACMEDNS01Config.RecursiveNameservers,
			DNS01CheckRetryPeriod:             c.ACMEDNS01Config.CheckRetryPeriod,
		},
		IngressShimOptions: controller.IngressShimOptions{
			DefaultIssuerName:                 c.IngressShimConfig.DefaultIssuerName,
			DefaultIssuerKind:                 c.IngressShimConfig.DefaultIssuerKind,
			DefaultIssuerGroup:                c.IngressShimConfig.DefaultIssuerGroup,
			DefaultAutoCertificateAnnotations: c.IngressShimConfig.DefaultAutoCertificateAnnotations,
			ExtraCertificateAnnotations:       c.IngressShimConfig.ExtraCertificateAnnotations,
			GatewayAPIExtraProtocols:          sets.New(c.GatewayAPIConfig.ExtraProtocols...),
		},
		CertificateOptions: controller.CertificateOptions{
			EnableOwnerRef:                           c.EnableCertificateOwnerRef,
			CopiedAnnotationPrefixes:                 c.CopiedAnnotationPrefixes,
			CertificateRequestMinimumBackoffDuration: c.CertificateRequestMinimumBackoffDuration,
			CertificateRequestMaximumBackoffDuration: c.CertificateRequestMaximumBackoffDuration,
		},
		SchedulerOptions: controller.SchedulerOptions{MaxConcurrentChallenges: c.MaxConcurrentChallenges},
		ConfigOptions: controller.ConfigOptions{
			EnableGatewayAPI:            c.GatewayAPIConfig.Enabled,
			EnableGatewayAPIListenerSet: c.GatewayAPIConfig.EnableListenerSet,
		},
	}, nil
}
