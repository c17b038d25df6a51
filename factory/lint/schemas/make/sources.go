package main

// kubernetesSource is a minor version of Kubernetes and the module that holds its API.
type kubernetesSource struct{ version, module string }

// kubernetesSources are the versions to judge by, the oldest first.
func kubernetesSources() []kubernetesSource {
	return []kubernetesSource{
		{"1.32", "k8s.io/kubernetes@v1.32.13"},
		{"1.33", "k8s.io/kubernetes@v1.33.13"},
		{"1.34", "k8s.io/kubernetes@v1.34.4"},
		{"1.35", "k8s.io/kubernetes@v1.35.4"},
		{"1.36", "k8s.io/kubernetes@v1.36.3"},
		{"1.37", "k8s.io/kubernetes@v1.37.2"},
	}
}

// customSource is a project whose custom resources charts hold.
type customSource struct {
	name, module string
	// files are globs of files with CustomResourceDefinitions.
	files []string
	// kinds are those that charts hold. Nil means all.
	kinds []string
}

func customSources() []customSource {
	return []customSource{
		{name: "cert-manager", module: "github.com/cert-manager/cert-manager@v1.21.2", files: []string{"deploy/crds/*.yaml"}},
		{name: "gateway-api", module: "sigs.k8s.io/gateway-api@v1.6.3", files: []string{"config/crd/standard/*.yaml"}},
		{
			name: "prometheus-operator", module: "github.com/prometheus-operator/prometheus-operator@v0.85.0",
			files: []string{"example/prometheus-operator-crd/*.yaml"},
			kinds: []string{"AlertmanagerConfig", "PodMonitor", "Probe", "PrometheusRule", "ScrapeConfig", "ServiceMonitor"},
		},
		{
			name: "external-secrets", module: "github.com/external-secrets/external-secrets@v1.3.2",
			files: []string{"config/crds/bases/external-secrets.io_*.yaml"},
			kinds: []string{"ExternalSecret", "ClusterExternalSecret", "PushSecret", "SecretStore", "ClusterSecretStore"},
		},
		{name: "istio", module: "istio.io/api@v1.32.0", files: []string{"kubernetes/customresourcedefinitions.gen.yaml"}},
	}
}
