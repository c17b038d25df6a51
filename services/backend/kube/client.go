package kube

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// errNoCluster says that this process was not told of any cluster, which is normal while developing.
var errNoCluster = errors.New("not in a cluster and no kubeconfig: set KUBECONFIG, or run in a pod with a ServiceAccount token")

// connect makes a client from kubeconfig if given, else from the pod's ServiceAccount, else from ~/.kube/config. It does
// not call the API server. With none of the three the error is errNoCluster. Failed requests are noted in o.
func connect(kubeconfig string, o *outcomes) (kubernetes.Interface, error) {
	config, err := restConfig(kubeconfig)
	if err != nil {
		return nil, err
	}
	config.Wrap(o.listen)
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
		home, err := os.UserHomeDir()
		if err != nil {
			return nil, errNoCluster
		}
		kubeconfig = filepath.Join(home, ".kube", "config")
		if _, err := os.Stat(kubeconfig); err != nil {
			return nil, errNoCluster
		}
	}
	// Like kubectl's, the variable may name several files, which are merged.
	rules := &clientcmd.ClientConfigLoadingRules{Precedence: filepath.SplitList(kubeconfig)}
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, &clientcmd.ConfigOverrides{}).ClientConfig()
	if err != nil {
		return nil, fmt.Errorf("reading kubeconfig %q: %w", kubeconfig, err)
	}
	return config, nil
}
