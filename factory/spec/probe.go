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
