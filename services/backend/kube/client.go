package kube

import (
	"errors"
	"fmt"
	"os"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// errNoCluster says that this process was not told of any cluster, which is normal while developing.
var errNoCluster = errors.New("not in a cluster and no kubeconfig: set KUBECONFIG, or run in a pod with a ServiceAccount token")

// connect makes a client from kubeconfig if given, else from the pod's ServiceAccount, else from ~/.kube/config. It does
// not call the API server. With none of the three the error is errNoCluster.
func connect(kubeconfig string) (kubernetes.Interface, error) {
	config, err := restConfig(kubeconfig)
	if err != nil {
		return nil, err
	}
	config.UserAgent = "helm-chart-factory-backend"
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("making the Kubernetes client: %w", err)
	}
	return client, nil
}

func restConfig(kubeconfig string) (*rest.Config, error) {
	if kubeconfig == "" {
		config, err := rest.InClusterConfig()
		if err == nil {
			return config, nil
		}
		if !errors.Is(err, rest.ErrNotInCluster) && !errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("reading the pod's ServiceAccount: %w", err)
		}
		if _, err := os.Stat(clientcmd.RecommendedHomeFile); err != nil {
			return nil, errNoCluster
		}
	}
	rules := &clientcmd.ClientConfigLoadingRules{Precedence: clientcmd.NewDefaultClientConfigLoadingRules().Precedence}
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, &clientcmd.ConfigOverrides{}).ClientConfig()
	if err != nil {
		return nil, fmt.Errorf("reading kubeconfig %q: %w", kubeconfig, err)
	}
	return config, nil
}
