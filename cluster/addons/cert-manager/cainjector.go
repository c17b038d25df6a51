package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/pflag"
	corev1 "k8s.io/api/core/v1"
	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
	apiregistration "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"

	config "github.com/cert-manager/cert-manager/internal/apis/config/cainjector"
	configscheme "github.com/cert-manager/cert-manager/internal/apis/config/cainjector/scheme"
	"github.com/cert-manager/cert-manager/internal/apis/config/cainjector/validation"
	"github.com/cert-manager/cert-manager/internal/kube"
	certmanager "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	configv1alpha1 "github.com/cert-manager/cert-manager/pkg/apis/config/cainjector/v1alpha1"
	"github.com/cert-manager/cert-manager/pkg/cainjector/configfile"
	"github.com/cert-manager/cert-manager/pkg/controller/cainjector"
	logf "github.com/cert-manager/cert-manager/pkg/logs"
	"github.com/cert-manager/cert-manager/pkg/util"
)

func cainjectorSource() source[config.CAInjectorConfiguration] {
	return source[config.CAInjectorConfiguration]{
		defaults: cainjectorDefaults,
		file: func(path string) (*config.CAInjectorConfiguration, error) {
			file := configfile.New()
			err := loadFile(path, file)
			return file.Config, err
		},
		flags:    addCAInjectorFlags,
		validate: validation.ValidateCAInjectorConfiguration,
	}
}

func cainjectorDefaults() (*config.CAInjectorConfiguration, error) {
	scheme, _, err := configscheme.NewSchemeAndCodecs()
	if err != nil {
		return nil, err
	}
	versioned := &configv1alpha1.CAInjectorConfiguration{}
	scheme.Default(versioned)
	settings := &config.CAInjectorConfiguration{}
	return settings, scheme.Convert(versioned, settings, nil)
}

func addCAInjectorFlags(fs *pflag.FlagSet, c *config.CAInjectorConfiguration) {
	fs.StringVar(&c.KubeConfig, "kubeconfig", c.KubeConfig, "kubeconfig file; empty means the pod's own account")
	fs.StringVar(&c.Namespace, "namespace", c.Namespace, "the only namespace whose certificates are used; empty means all")
	addLeaderElectionFlags(fs, &c.LeaderElectionConfig)
	fs.BoolVar(&c.EnableDataSourceConfig.Certificates, "enable-certificates-data-source", c.EnableDataSourceConfig.Certificates, "take CAs from Certificates")
	inject := &c.EnableInjectableConfig
	fs.BoolVar(&inject.CustomResourceDefinitions, "enable-customresourcedefinitions-injectable", inject.CustomResourceDefinitions, "inject into CustomResourceDefinitions")
	fs.BoolVar(&inject.MutatingWebhookConfigurations, "enable-mutatingwebhookconfigurations-injectable", inject.MutatingWebhookConfigurations, "inject into MutatingWebhookConfigurations")
	fs.BoolVar(&inject.ValidatingWebhookConfigurations, "enable-validatingwebhookconfigurations-injectable", inject.ValidatingWebhookConfigurations, "inject into ValidatingWebhookConfigurations")
	fs.BoolVar(&inject.APIServices, "enable-apiservices-injectable", inject.APIServices, "inject into APIServices")
	fs.StringVar(&c.MetricsListenAddress, "metrics-listen-address", c.MetricsListenAddress, "address of the metrics endpoint; 0 means none")
	addFeatureGateFlag(fs, &c.FeatureGates)
	logf.AddFlags(&c.Logging, fs)
}

// runCAInjector writes CA certificates into webhooks, API services and CRDs until ctx ends.
func runCAInjector(ctx context.Context, args []string, stderr io.Writer) error {
	settings, err := cainjectorSource().read("cainjector", args, stderr)
	if err != nil {
		return err
	}
	if err := apply(&settings.Logging, settings.FeatureGates); err != nil {
		return err
	}
	ctx = logf.NewContext(ctx, logf.Log, "cainjector")
	ctrl.SetLogger(logf.FromContext(ctx))
	known, err := injectedTypes()
	if err != nil {
		return err
	}
	connection, err := kube.BuildClientConfig("", settings.KubeConfig)
	if err != nil {
		return fmt.Errorf("connecting to the API server: %w", err)
	}
	election := settings.LeaderElectionConfig
	options := ctrl.Options{
		Scheme:                        known,
		LeaderElection:                election.Enabled,
		LeaderElectionID:              "cert-manager-cainjector-leader-election",
		LeaderElectionNamespace:       election.Namespace,
		LeaderElectionReleaseOnCancel: true,
		LeaseDuration:                 &election.LeaseDuration,
		RenewDeadline:                 &election.RenewDeadline,
		RetryPeriod:                   &election.RetryPeriod,
		Metrics:                       server.Options{BindAddress: settings.MetricsListenAddress},
		// Only the metadata of Secrets is watched; caching them whole would hold every secret of the cluster.
		Client: client.Options{Cache: &client.CacheOptions{DisableFor: []client.Object{&corev1.Secret{}}}},
	}
	if settings.Namespace != "" {
		options.Cache = cache.Options{DefaultNamespaces: map[string]cache.Config{settings.Namespace: {}}}
	}
	manager, err := ctrl.NewManager(util.RestConfigWithUserAgent(connection, "cainjector"), options)
	if err != nil {
		return fmt.Errorf("building the controllers: %w", err)
	}
	err = cainjector.RegisterAllInjectors(ctx, manager, cainjector.SetupOptions{
		Namespace:                    settings.Namespace,
		IgnoreNamespaces:             settings.IgnoreNamespaces,
		EnableCertificatesDataSource: settings.EnableDataSourceConfig.Certificates,
		EnabledReconcilersFor: map[string]bool{
			cainjector.MutatingWebhookConfigurationName:   settings.EnableInjectableConfig.MutatingWebhookConfigurations,
			cainjector.ValidatingWebhookConfigurationName: settings.EnableInjectableConfig.ValidatingWebhookConfigurations,
			cainjector.APIServiceName:                     settings.EnableInjectableConfig.APIServices,
			cainjector.CustomResourceDefinitionName:       settings.EnableInjectableConfig.CustomResourceDefinitions,
		},
	})
	if err != nil {
		return fmt.Errorf("registering injectors: %w", err)
	}
	return manager.Start(ctx)
}

func injectedTypes() (*runtime.Scheme, error) {
	known := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		scheme.AddToScheme, certmanager.AddToScheme, apiextensions.AddToScheme, apiregistration.AddToScheme,
	} {
		if err := add(known); err != nil {
			return nil, fmt.Errorf("collecting API types: %w", err)
		}
	}
	return known, nil
}
