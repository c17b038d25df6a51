// Package kube reaches a Kubernetes API: which cluster a command works on, and the clients for it.
package kube

import (
	"fmt"
	"sync"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/clientcmd"
)

// Cluster is one Kubernetes API and how factory came to it. Its clients are made once and shared.
// It is also the RESTClientGetter that Helm's SDK asks for.
type Cluster struct {
	// Kind tells whose cluster it is.
	Kind Kind
	// Kubeconfig is the file that reaches it; empty when the environment's default files were merged.
	Kubeconfig string
	// Context is the context's name in that file.
	Context string
	// Server is the API's address.
	Server string

	loader  clientcmd.ClientConfig
	config  *rest.Config
	clients sync.Once
	failed  error

	typed     kubernetes.Interface
	dynamic   dynamic.Interface
	discovery discovery.CachedDiscoveryInterface
	mapper    meta.ResettableRESTMapper
}

// Kind tells whose a cluster is, which decides what may be done to it without asking.
type Kind string

const (
	// Embedded is the cluster that factory runs on this host.
	Embedded Kind = "embedded"
	// K3s is a k3s that runs on this host.
	K3s Kind = "k3s"
	// Current is what the person's own kubeconfig points at: somebody's cluster.
	Current Kind = "current"
	// Named was named outright by --kubeconfig or --context.
	Named Kind = "named"
)

// requests per second are left to the server's own priority and fairness, which knows its load better than a client.
const unlimited = -1

// Open reads a kubeconfig without speaking to the cluster. An empty path means $KUBECONFIG and ~/.kube/config,
// an empty context the file's current one.
func Open(kind Kind, path, context string) (*Cluster, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	if path != "" {
		rules = &clientcmd.ClientConfigLoadingRules{ExplicitPath: path}
	}
	loader := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, &clientcmd.ConfigOverrides{CurrentContext: context})
	raw, err := loader.RawConfig()
	if err != nil {
		return nil, fmt.Errorf("reading the kubeconfig: %w", err)
	}
	if context == "" {
		context = raw.CurrentContext
	}
	if _, ok := raw.Contexts[context]; !ok && path == "" {
		return nil, fmt.Errorf("no kubeconfig names a cluster (context %q)\nnext: set KUBECONFIG, or name a file with --kubeconfig", context)
	}
	config, err := loader.ClientConfig()
	if err != nil {
		return nil, fmt.Errorf("reading context %q of the kubeconfig: %w", context, err)
	}
	config.QPS, config.Burst = unlimited, unlimited
	config.UserAgent = "factory"
	// client-go would log the server's warnings into the middle of the progress.
	config.WarningHandler = rest.NoWarnings{}
	return &Cluster{Kind: kind, Kubeconfig: path, Context: context, Server: config.Host, loader: loader, config: config}, nil
}

func (c *Cluster) String() string {
	switch c.Kind {
	case Embedded:
		return "the embedded cluster of this host (" + c.Server + ")"
	case K3s:
		return "the k3s of this host (" + c.Server + ")"
	default:
		return fmt.Sprintf("context %q (%s)", c.Context, c.Server)
	}
}

// Ours tells whether factory made this cluster, so that what belongs to the whole of it is factory's to remove.
func (c *Cluster) Ours() bool { return c.Kind == Embedded }

// Client returns the typed client.
func (c *Cluster) Client() (kubernetes.Interface, error) {
	err := c.connect()
	return c.typed, err
}

// Dynamic returns the client for objects of any kind.
func (c *Cluster) Dynamic() (dynamic.Interface, error) {
	err := c.connect()
	return c.dynamic, err
}

// ToRESTConfig returns a copy of the connection's settings.
func (c *Cluster) ToRESTConfig() (*rest.Config, error) { return rest.CopyConfig(c.config), nil }

// ToDiscoveryClient returns the discovery client; it remembers what it saw.
func (c *Cluster) ToDiscoveryClient() (discovery.CachedDiscoveryInterface, error) {
	err := c.connect()
	return c.discovery, err
}

// ToRESTMapper returns the mapper from kinds to resources; it asks again for a kind that it does not know.
func (c *Cluster) ToRESTMapper() (meta.RESTMapper, error) {
	err := c.connect()
	return c.mapper, err
}

// ToRawKubeConfigLoader returns the kubeconfig as it was read.
func (c *Cluster) ToRawKubeConfigLoader() clientcmd.ClientConfig { return c.loader }

func (c *Cluster) connect() error {
	c.clients.Do(func() { c.failed = c.makeClients() })
	return c.failed
}

func (c *Cluster) makeClients() error {
	httpClient, err := rest.HTTPClientFor(c.config)
	if err != nil {
		return fmt.Errorf("connecting to %s: %w", c.Server, err)
	}
	typed, err := kubernetes.NewForConfigAndClient(c.config, httpClient)
	if err != nil {
		return fmt.Errorf("connecting to %s: %w", c.Server, err)
	}
	dyn, err := dynamic.NewForConfigAndClient(c.config, httpClient)
	if err != nil {
		return fmt.Errorf("connecting to %s: %w", c.Server, err)
	}
	c.typed, c.dynamic = typed, dyn
	c.discovery = memory.NewMemCacheClient(typed.Discovery())
	c.mapper = restmapper.NewDeferredDiscoveryRESTMapper(c.discovery)
	return nil
}

// Forget makes the next question about a kind ask the cluster again, after kinds were added.
func (c *Cluster) Forget() {
	if c.mapper != nil {
		c.mapper.Reset()
	}
}
