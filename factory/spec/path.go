package spec

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// The ways in which a path of an ingress or a gateway is compared.
const (
	Prefix = "Prefix"
	Exact  = "Exact"
)

// Backend is the port that serves a path. Short form: the port's name.
//
//spec:schema {anyOf: [{type: string}, {$ref: long}]}
type Backend struct {
	// Port is a port's name. Default: http. Example: api.
	Port string `spec:"port"`
	// Type is Prefix (the path and all below it) or Exact. Default: Prefix.
	Type string `spec:"type,enum=Prefix|Exact"`
}

func (b *Backend) decodeNode(d *decoder, n *yaml.Node) {
	if n.Kind == yaml.ScalarNode {
		b.Port, _ = d.text(n)
		return
	}
	type long Backend
	d.decode(n, (*long)(b))
}

// served returns the paths with their ports: those of paths, or the one path, with what is not said filled in.
func served(path string, paths map[string]Backend, port string) map[string]Backend {
	if len(paths) == 0 {
		if path == "" {
			path = "/"
		}
		paths = map[string]Backend{path: {}}
	}
	out := make(map[string]Backend, len(paths))
	for path, b := range paths {
		if b.Port == "" {
			b.Port = port
		}
		if b.Type == "" {
			b.Type = Prefix
		}
		out[path] = b
	}
	return out
}

// hostsOr returns the hosts: host, or those of hosts, or <service>.<domain>.
func hostsOr(host string, hosts []string, p *Project, s *Service) []string {
	switch {
	case host != "":
		return append([]string{host}, hosts...)
	case len(hosts) == 0:
		return []string{s.Name + "." + p.Domain}
	}
	return hosts
}

// checkHosts judges the hosts of an ingress or a gateway, which key names.
func (l *loader) checkHosts(s *Service, key, host string, hosts []string) {
	at := s.At(key, "host")
	if s.source.has(key, "hosts") {
		if host != "" {
			l.problems.add(at, `"host" and "hosts" are both said: keep one of them`)
		}
		at = s.At(key, "hosts")
	}
	for i, h := range hosts {
		if !hostname.MatchString(h) || len(h) > 253 {
			l.problems.add(at, "%q is not a host: write it as shop.example.com, in small letters", short(h))
		}
		if slices.Contains(hosts[:i], h) {
			l.problems.add(at, "%s is said twice: keep one of them", h)
		}
	}
}

// checkPaths judges the paths of an ingress or a gateway, which key names.
func (l *loader) checkPaths(s *Service, key string, paths map[string]Backend) {
	if s.source.has(key, "path") && s.source.has(key, "paths") {
		l.problems.add(s.At(key, "path"), `"path" and "paths" are both said: keep one of them`)
	}
	for _, path := range sortedKeys(paths) {
		at := s.At(key, "path")
		if s.source.has(key, "paths") {
			at = s.At(key, "paths", path)
		}
		if cause := wrongPath(path); cause != "" {
			l.problems.add(at, "the path %q %s", short(path), cause)
		}
		port, known := s.Ports[paths[path].Port]
		switch {
		case known && port.Protocol != "TCP":
			l.problems.add(at, "the port %s speaks %s, and HTTP needs TCP: use another port", paths[path].Port, port.Protocol)
		case !known && len(s.Ports) > 0:
			l.problems.add(at, "the path %s is served by the port %q, which there is not: name the port behind it, as in paths: {%s: %s}", short(path), short(paths[path].Port), short(path), sortedKeys(s.Ports)[0])
		}
	}
}

// longestPath is how many bytes a path may have. It is a key in values.yaml, and YAML has keys of at most 1024 characters, of which a
// byte may take four.
const longestPath = 250

// wrongPath tells what Kubernetes would not take of a path, and what to do.
func wrongPath(path string) string {
	if !strings.HasPrefix(path, "/") {
		return "does not begin with a slash: write /" + short(path)
	}
	if strings.Contains(path, "//") {
		return "holds two slashes in a row: write one"
	}
	if strings.Contains(path+"/", "/./") || strings.Contains(path+"/", "/../") {
		return "holds /. or /..: write where it leads"
	}
	if strings.Contains(strings.ToLower(path), "%2f") {
		return "holds an encoded slash: write it without"
	}
	if len(path) > longestPath {
		return fmt.Sprintf("is %d bytes long: use up to %d", len(path), longestPath)
	}
	return ""
}

// claims are addresses and the services that have them.
type claims map[string]string

// claim complains when another service has one of the addresses already.
func (c claims) claim(l *loader, s *Service, key string, hosts []string, paths map[string]Backend, of string) {
	for _, host := range hosts {
		for _, path := range sortedKeys(paths) {
			address := host + path
			if other, ok := c[address+of]; ok && other != s.Name {
				l.problems.add(s.At(key, "host"), "%s is already claimed by %s: use another host or path", address, other)
			}
			c[address+of] = s.Name
		}
	}
}

// linkHosts complains about two services that claim the same address.
func (l *loader) linkHosts(p *Project) {
	ingresses, routes := claims{}, claims{}
	for _, s := range p.Released() {
		if s.Ingress != nil {
			ingresses.claim(l, s, "ingress", s.Ingress.Hosts, s.Ingress.Paths, "")
		}
		if s.Gateway != nil {
			for _, parent := range s.Gateway.Parents {
				routes.claim(l, s, "gateway", s.Gateway.Hosts, s.Gateway.Paths, " "+parent.Namespace+"/"+parent.Name)
			}
		}
	}
}
