package spec

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// Health holds the three probes. A service with a TCP port and no ready probe gets one that connects to its main port.
type Health struct {
	// Live restarts the container when it fails. Default: none.
	Live *Probe `spec:"live"`
	// Ready takes the pod out of the Service while it fails. Default: a TCP connection to the main port.
	Ready *Probe `spec:"ready"`
	// Startup holds the other two back until it succeeds once. Default: none.
	Startup *Probe `spec:"startup"`
}

// Probe is one check: exactly one of HTTP, TCP, Exec and GRPC. Short form: the path of an HTTP check.
//
//spec:schema {anyOf: [{type: string, pattern: ^/}, {$ref: long}]}
type Probe struct {
	// HTTP is a path on the main port, or {path, port, scheme, headers}. Example: /health.
	HTTP *HTTPProbe `spec:"http,or"`
	// TCP is the name of a port that must accept a connection. Example: http.
	TCP string `spec:"tcp,or"`
	// Exec is a command that must exit with 0. Example: [pg_isready, -q].
	Exec []string `spec:"exec,or"`
	// GRPC is a port's name, or {port, service}. Example: grpc.
	GRPC *GRPCProbe `spec:"grpc,or"`

	// Delay is the time before the first check. Default: 0s.
	Delay Duration `spec:"delay"`
	// Period is the time between checks. Default: 10s.
	Period Duration `spec:"period"`
	// Timeout is how long a check may take. Default: 1s.
	Timeout Duration `spec:"timeout"`
	// Failures is how many checks in a row must fail. Default: 3.
	Failures int `spec:"failures"`
	// Successes is how many checks in a row must succeed after a failure; more than 1 for ready only. Default: 1.
	Successes int `spec:"successes"`
}

// HTTPProbe is a GET that must answer 200 to 399. Short form: the path.
//
//spec:schema {anyOf: [{type: string, pattern: ^/}, {$ref: long}]}
type HTTPProbe struct {
	// Path is the path with its query. Example: /health.
	Path string `spec:"path,required"`
	// Port is a port's name. Default: the main port. Example: http.
	Port string `spec:"port"`
	// Scheme is HTTP or HTTPS. Default: HTTP.
	Scheme string `spec:"scheme,enum=HTTP|HTTPS"`
	// Headers are sent along. Example: {X-Probe: "yes"}.
	Headers map[string]string `spec:"headers"`
}

// GRPCProbe is a call of grpc.health.v1. Short form: the port's name.
//
//spec:schema {anyOf: [{type: string}, {$ref: long}]}
type GRPCProbe struct {
	// Port is a port's name. Default: the main port. Example: grpc.
	Port string `spec:"port"`
	// Service is the name that is asked for. Default: the server as a whole. Example: orders.v1.Orders.
	Service string `spec:"service"`
}

// newProbe returns a probe with Kubernetes' own timings.
func newProbe() Probe {
	return Probe{Period: Duration(10e9), Timeout: Duration(1e9), Failures: 3, Successes: 1}
}

func (p *Probe) decodeNode(d *decoder, n *yaml.Node) {
	*p = newProbe()
	if n.Kind == yaml.ScalarNode {
		p.HTTP = &HTTPProbe{}
		p.HTTP.decodeNode(d, n)
		return
	}
	type long Probe
	d.decode(n, (*long)(p))
	if n.Kind == yaml.MappingNode && p.ways() != 1 {
		d.problem(n, "a probe is one of http, tcp, exec and grpc: say exactly one")
	}
}

func (p *Probe) ways() int {
	count := 0
	for _, said := range []bool{p.HTTP != nil, p.TCP != "", len(p.Exec) > 0, p.GRPC != nil} {
		if said {
			count++
		}
	}
	return count
}

func (h *HTTPProbe) decodeNode(d *decoder, n *yaml.Node) {
	h.Scheme = "HTTP"
	if n.Kind == yaml.ScalarNode {
		h.Path, _ = d.text(n)
	} else {
		type long HTTPProbe
		d.decode(n, (*long)(h))
	}
	if h.Path != "" && !strings.HasPrefix(h.Path, "/") {
		d.problem(n, "the path %q does not begin with a slash: write /%s", short(h.Path), short(h.Path))
	} else if h.Path == "" && n.Kind == yaml.MappingNode {
		d.problem(n, `an HTTP probe needs "path"`)
	}
}

func (g *GRPCProbe) decodeNode(d *decoder, n *yaml.Node) {
	if n.Kind == yaml.ScalarNode {
		g.Port, _ = d.text(n)
		return
	}
	type long GRPCProbe
	d.decode(n, (*long)(g))
}

// checkHealth judges the probes of a container.
func (l *loader) checkHealth(s *Service, c *Container) {
	probes := []struct {
		key   string
		probe *Probe
	}{{"live", c.Health.Live}, {"ready", c.Health.Ready}, {"startup", c.Health.Startup}}
	for _, p := range probes {
		if p.probe == nil {
			continue
		}
		at := s.at(c, "health", p.key)
		switch {
		case p.probe.HTTP != nil:
			l.portReference(c, at, p.probe.HTTP.Port)
		case p.probe.TCP != "":
			l.portReference(c, at, p.probe.TCP)
		case p.probe.GRPC != nil:
			l.portReference(c, at, p.probe.GRPC.Port)
		}
		if p.probe.Period < Duration(1e9) || p.probe.Timeout < Duration(1e9) {
			l.problems.add(at, "a probe's period and timeout are at least 1s")
		}
		if p.probe.Failures < 1 || p.probe.Successes < 1 {
			l.problems.add(at, "a probe's failures and successes are at least 1")
		}
		if p.probe.Successes > 1 && p.key != "ready" {
			l.problems.add(at, "Kubernetes lets only the ready probe ask for more than 1 success: leave successes out")
		}
	}
}

// portReference complains about the name of a port that a container does not have.
func (l *loader) portReference(c *Container, at Position, name string) {
	if _, ok := c.Ports[name]; ok {
		return
	}
	switch {
	case len(c.Ports) == 0 && c.path == nil:
		l.problems.add(at, "a port is wanted, and the service has none: add the line port: 8080")
	case len(c.Ports) == 0:
		l.problems.add(at, "a port is wanted, and the container has none: add the line ports: {%s: 8080}", HTTP)
	case name == "":
		l.problems.add(at, "there are several ports and none is called %s: say which one is meant (%s)", HTTP, strings.Join(sortedKeys(c.Ports), ", "))
	default:
		l.problems.add(at, "unknown port %q: %s", short(name), didYouMean(name, sortedKeys(c.Ports)))
	}
}

// MainPort returns the name of the port that is meant when none is said: http, or the only one. It is empty otherwise.
func (c *Container) MainPort() string { return mainPort(c.Ports) }

func mainPort[T any](ports map[string]T) string {
	if _, ok := ports[HTTP]; ok {
		return HTTP
	}
	if len(ports) == 1 {
		for name := range ports {
			return name
		}
	}
	return ""
}

// settlePorts gives probes and handlers that name no port the one that is meant.
func settlePorts(h *Health, l *Lifecycle, main string) {
	http := func(p *HTTPProbe) {
		if p != nil && p.Port == "" {
			p.Port = main
		}
	}
	for _, probe := range []*Probe{h.Live, h.Ready, h.Startup} {
		if probe == nil {
			continue
		}
		http(probe.HTTP)
		if probe.GRPC != nil && probe.GRPC.Port == "" {
			probe.GRPC.Port = main
		}
	}
	for _, handler := range l.handlers() {
		http(handler.HTTP)
	}
}
