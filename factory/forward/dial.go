package forward

import (
	"fmt"
	"net/http"

	"k8s.io/client-go/tools/portforward"
	"k8s.io/client-go/transport/spdy"
	"k8s.io/streaming/pkg/httpstream"

	"github.com/helm-chart-factory/factory/factory/kube"
)

// dialer returns how to connect to a pod: over a WebSocket, or SPDY where the API server or something before it knows no
// better.
func dialer(cluster *kube.Cluster, namespace string) (func(pod string) (httpstream.Connection, error), error) {
	config, err := cluster.ToRESTConfig()
	if err != nil {
		return nil, err
	}
	client, err := cluster.Client()
	if err != nil {
		return nil, err
	}
	transport, upgrader, err := spdy.RoundTripperFor(config)
	if err != nil {
		return nil, fmt.Errorf("connecting to %s: %w", cluster.Server, err)
	}
	return func(pod string) (httpstream.Connection, error) {
		url := client.CoreV1().RESTClient().Post().Resource("pods").Namespace(namespace).Name(pod).SubResource("portforward").URL()
		tunnel, err := portforward.NewSPDYOverWebsocketDialerForStreaming(url, config)
		if err != nil {
			return nil, err
		}
		plain := spdy.NewDialerForStreaming(upgrader, &http.Client{Transport: transport}, http.MethodPost, url)
		connection, protocol, err := portforward.NewFallbackDialerForStreaming(tunnel, plain, func(err error) bool {
			return httpstream.IsUpgradeFailure(err) || httpstream.IsHTTPSProxyError(err)
		}).Dial(portforward.PortForwardProtocolV1Name)
		if err == nil && protocol != portforward.PortForwardProtocolV1Name {
			connection.Close()
			err = fmt.Errorf("%s speaks %q, want %q", cluster.Server, protocol, portforward.PortForwardProtocolV1Name)
		}
		return connection, err
	}, nil
}
