package kube

import (
	"net/http"

	"k8s.io/client-go/rest"
)

// Through is the same cluster with clients of its own, whose every request passes through what wrap makes of the
// connection.
func (c *Cluster) Through(wrap func(http.RoundTripper) http.RoundTripper) *Cluster {
	config := rest.CopyConfig(c.config)
	config.Wrap(wrap)
	return &Cluster{Kind: c.Kind, Kubeconfig: c.Kubeconfig, Context: c.Context, Server: c.Server, loader: c.loader, config: config}
}
