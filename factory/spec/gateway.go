package spec

import (
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// The kinds of route of the Gateway API.
const (
	HTTPRoute = "HTTP"
	GRPCRoute = "GRPC"
)

// What one route of the Gateway API holds at most.
const (
	mostRouteHosts   = 16
	mostRouteRules   = 16
	mostRouteParents = 32
)

// Gateway makes ports reachable from outside by an HTTPRoute or a GRPCRoute. Short form: true, with every default.
//
//spec:schema {anyOf: [{const: true}, {$ref: long}]}
type Gateway struct {
	// Kind is HTTP or GRPC. Default: HTTP.
	Kind string `spec:"kind,enum=HTTP|GRPC"`
	// Parents are the Gateways that take the route. Default: those of the project. Example: [{name: public, namespace: gateways}].
	Parents []Parent `spec:"parents"`
	// Host is the one host. Default, without hosts: <service>.<domain>. Example: shop.example.com.
	Host string `spec:"host,or=host"`
	// Hosts are several hosts, in the place of host. Example: [shop.example.com, www.example.com].
	Hosts []string `spec:"hosts,or=host"`
	// Path is the one path that is served, by the port http, or with kind GRPC by the port grpc. Default: /.
	Path string `spec:"path,or=path"`
	// Paths are several paths and the ports that serve them, in the place of path; with kind GRPC /SERVICE or
	// /SERVICE/METHOD. Example: {/: http, /api: api}.
	Paths map[string]Backend `spec:"paths,or=path"`
}

// GatewayDefaults is what all routes share.
type GatewayDefaults struct {
	// Parents are the Gateways that take the routes. Default: none. Example: [{name: public, namespace: gateways}].
	Parents []Parent `spec:"parents"`
}

// Parent is a Gateway that somebody else made. Short form: its name.
//
//spec:schema {anyOf: [{$ref: string}, {$ref: long}]}
type Parent struct {
	// Name of the Gateway. Example: public.
	Name string `spec:"name,required"`
	// Namespace of the Gateway. Default: the release's. Example: gateways.
	Namespace string `spec:"namespace"`
	// Section is the name of one listener of it. Default: all that fit. Example: https.
	Section string `spec:"section"`
}

func (p *Parent) decodeNode(d *decoder, n *yaml.Node) {
	if n.Kind == yaml.ScalarNode {
		p.Name, _ = d.text(n)
		return
	}
	type long Parent
	d.decode(n, (*long)(p))
}

func (g *Gateway) decodeNode(d *decoder, n *yaml.Node) {
	if n.Kind == yaml.ScalarNode {
		if on, ok := d.boolean(n); ok && !on {
			d.problem(n, "leave the line out to have no route")
		}
		return
	}
	type long Gateway
	d.decode(n, (*long)(g))
}

func (g *Gateway) defaults(p *Project, s *Service) {
	port := HTTP
	if g.Kind == "" {
		g.Kind = HTTPRoute
	}
	if g.Kind == GRPCRoute {
		if port = "grpc"; s.Ports[port].Container == 0 {
			port = s.MainPort()
		}
	}
	g.Hosts = hostsOr(g.Host, g.Hosts, p, s)
	g.Paths = served(g.Path, g.Paths, port)
	if len(g.Parents) == 0 {
		g.Parents = p.Gateway.Parents
	}
}

// httpPath and grpcPath are what the Gateway API takes.
var (
	httpPath = regexp.MustCompile(`^([-A-Za-z0-9/._~!$&'()*+,;=:@]|%[0-9a-fA-F]{2})+$`)
	grpcPath = regexp.MustCompile(`^/([A-Za-z_][A-Za-z_0-9]*(\.[A-Za-z_][A-Za-z_0-9]*)*(/[A-Za-z_][A-Za-z_0-9]*)?)?$`)
)

func (l *loader) checkGateway(s *Service) {
	g := s.Gateway
	if g == nil {
		return
	}
	at := func(path ...string) Position { return s.At(append([]string{"gateway"}, path...)...) }
	if len(s.Ports) == 0 {
		l.problems.add(at(), "a route needs a port: add the line port: 8080, or a port called %s", HTTP)
	}
	if len(g.Parents) == 0 {
		l.problems.add(at(), "no Gateway is named that takes the route: add parents: [{name: NAME, namespace: NAMESPACE}] here, or for all services under gateway in %s", ProjectFile)
	}
	if s.source.has("gateway", "parents") {
		l.checkParents(g.Parents, func(path ...string) Position { return at(append([]string{"parents"}, path...)...) })
	}
	l.checkHosts(s, "gateway", g.Host, g.Hosts)
	l.checkPaths(s, "gateway", g.Paths)
	if len(g.Hosts) > mostRouteHosts || len(g.Paths) > mostRouteRules {
		l.problems.add(at(), "a route holds up to %d hosts and %d paths: leave some to a service of their own", mostRouteHosts, mostRouteRules)
	}
	for _, path := range sortedKeys(g.Paths) {
		there := at("path")
		if s.source.has("gateway", "paths") {
			there = at("paths", path)
		}
		switch {
		case wrongPath(path) != "":
		case g.Kind == GRPCRoute && !grpcPath.MatchString(path):
			l.problems.add(there, "%q is no gRPC path: write /package.Service, /package.Service/Method, or / for all", short(path))
		case g.Kind == GRPCRoute && s.source.has("gateway", "paths", path, "type"):
			l.problems.add(there, "a gRPC path is a service or a method, and has no type: leave it out")
		case !httpPath.MatchString(path):
			l.problems.add(there, "the path %q does not fit: a route takes letters, digits and -._~!$&'()*+,;=:@, and the rest as %%XX", short(path))
		}
	}
}

// checkParents judges a list of Gateways.
func (l *loader) checkParents(parents []Parent, at func(path ...string) Position) {
	if len(parents) > mostRouteParents {
		l.problems.add(at(), "a route has up to %d parents", mostRouteParents)
	}
	for i, p := range parents {
		index := strconv.Itoa(i)
		if !isObjectName(p.Name) {
			l.problems.add(at(index), "%q cannot be the name of a Gateway: use small letters, digits, - and .", short(p.Name))
		}
		if p.Namespace != "" && (!isObjectName(p.Namespace) || strings.Contains(p.Namespace, ".") || len(p.Namespace) > 63) {
			l.problems.add(at(index, "namespace"), "%q cannot be a namespace: use small letters, digits and -", short(p.Namespace))
		}
		if p.Section != "" && !isObjectName(p.Section) {
			l.problems.add(at(index, "section"), "%q cannot be the name of a listener: use small letters, digits, - and .", short(p.Section))
		}
	}
}
