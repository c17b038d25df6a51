package registries

import (
	"fmt"
	"net/url"
	"slices"

	"github.com/helm-chart-factory/factory/cluster/internal/containerd"
)

// FirstRewritePort is where the node finds the first endpoint whose mirror rewrites repositories; the next ones follow.
// containerd itself cannot rewrite (k3s' copy can), so these endpoints are served by the supervisor.
const FirstRewritePort = 6500

// Plan is what registries.yaml comes to.
type Plan struct {
	Hosts  map[string]Host // by the name of containerd's directory for the host
	Auths  map[string]containerd.Auth
	Routes []Route
}

// Host becomes one hosts.toml.
type Host struct {
	TLS       *TLS // for the host itself, which is asked last
	Endpoints []Endpoint
}

// Endpoint is one mirror in a hosts.toml.
type Endpoint struct {
	URL          string
	OverridePath bool
	TLS          *TLS
}

// Route is an endpoint that the supervisor serves on the node's loopback.
type Route struct {
	Port     int
	Target   *url.URL
	Rewrites map[string]string
	TLS      *TLS
}

// Convert applies k3s' rules to file.
func Convert(file File) (Plan, error) {
	plan := Plan{Hosts: map[string]Host{}, Auths: map[string]containerd.Auth{}}
	for host, config := range file.Configs {
		if config.TLS != nil && host != "*" {
			plan.Hosts[directory(host)] = Host{TLS: config.TLS}
		}
		if config.Auth != nil {
			for _, name := range credentialHosts(host) {
				plan.Auths[name] = credentials(*config.Auth)
			}
		}
	}
	names := make([]string, 0, len(file.Mirrors))
	for name := range file.Mirrors {
		names = append(names, name)
	}
	// The order decides over the ports of routes.
	slices.Sort(names)
	for _, name := range names {
		if err := plan.addMirror(file, name); err != nil {
			return Plan{}, err
		}
	}
	return plan, nil
}

func (p *Plan) addMirror(file File, name string) error {
	mirror := file.Mirrors[name]
	host := p.Hosts[directory(name)]
	host.TLS = configFor(file, name).TLS
	seen := map[string]bool{}
	for _, text := range mirror.Endpoints {
		parsed, err := parseEndpoint(text)
		if err != nil {
			return fmt.Errorf("mirror %q: %w", name, err)
		}
		address := parsed.url.String()
		if seen[address] {
			continue
		}
		seen[address] = true
		config := configFor(file, parsed.host)
		if len(mirror.Rewrites) == 0 {
			host.Endpoints = append(host.Endpoints, Endpoint{URL: address, OverridePath: parsed.override, TLS: config.TLS})
			continue
		}
		route := Route{Port: FirstRewritePort + len(p.Routes), Target: parsed.url, Rewrites: mirror.Rewrites, TLS: config.TLS}
		p.Routes = append(p.Routes, route)
		local := fmt.Sprintf("127.0.0.1:%d", route.Port)
		host.Endpoints = append(host.Endpoints, Endpoint{URL: "http://" + local + "/v2"})
		if config.Auth != nil {
			p.Auths[local] = credentials(*config.Auth)
		}
	}
	p.Hosts[directory(name)] = host
	return nil
}

// configFor finds how host is spoken to; "*" configures the hosts that nothing else does.
func configFor(file File, host string) Config {
	if config, ok := file.Configs[host]; ok {
		return config
	}
	return file.Configs["*"]
}

func credentials(a Auth) containerd.Auth {
	return containerd.Auth{Username: a.Username, Password: a.Password, Auth: a.Auth, IdentityToken: a.IdentityToken}
}

// directory is the name of containerd's directory for a host.
func directory(host string) string {
	if host == "*" {
		return "_default"
	}
	return host
}
