package registries

import (
	"fmt"
	"net"
	"net/url"
	"strings"
)

const (
	dockerHub     = "docker.io"
	dockerHubHost = "registry-1.docker.io"
)

// endpoint is one address at which a mirror is found.
type endpoint struct {
	url      *url.URL // with scheme, host and path
	override bool     // the path is not the registry API's usual one
	host     string   // under which registries.yaml configures it
}

// parseEndpoint completes an address as k3s does: HTTPS unless it is this machine's loopback at an odd port, the registry
// API at /v2 unless another path is given.
func parseEndpoint(text string) (endpoint, error) {
	full := text
	if !strings.Contains(full, "://") {
		full = "//" + full
	}
	address, err := url.Parse(full)
	if err != nil {
		return endpoint{}, fmt.Errorf("endpoint %q: %w", text, err)
	}
	if address.Host == "" {
		return endpoint{}, fmt.Errorf("endpoint %q has no host", text)
	}
	switch address.Scheme {
	case "http", "https":
	case "":
		address.Scheme = "https"
		if port := address.Port(); isLoopback(address.Hostname()) && port != "" && port != "443" {
			address.Scheme = "http"
		}
	default:
		return endpoint{}, fmt.Errorf("endpoint %q: the scheme must be http or https", text)
	}
	e := endpoint{url: address, host: address.Host}
	switch address.Host {
	case dockerHub:
		address.Host = dockerHubHost
	case dockerHubHost:
		e.host = dockerHub
	}
	switch address.Path {
	case "", "/", "/v2", "/v2/":
		address.Path = "/v2"
	default:
		e.override = true
	}
	return e, nil
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// credentialHosts are the hosts for which containerd asks for the credentials that registries.yaml has under host.
func credentialHosts(host string) []string {
	if host == dockerHub {
		return []string{dockerHub, dockerHubHost}
	}
	return []string{host}
}
