package spec

import (
	"net/netip"
	"path"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// AnyNamespace stands for all namespaces.
const AnyNamespace = "*"

// Network says who may call a service beside those that need it, the ingress and the gateway, and whom it may call.
type Network struct {
	// From are more callers. Default: none. Example: [{namespace: monitoring, ports: [http]}].
	From []Peer `spec:"from"`
	// To closes the way out to all but these, the services that this one needs, DNS and, with access, the Kubernetes API. Default:
	// the way out is open. Example: [{cidr: 10.0.0.0/8, ports: [5432]}].
	To []Peer `spec:"to"`
}

// Peer is who calls or is called: one of service, namespace, pods (alone or in a namespace) and cidr.
type Peer struct {
	// Service is a service of the project. Example: backend.
	Service string `spec:"service"`
	// Namespace is a namespace's name, or "*" for all. Example: monitoring.
	Namespace string `spec:"namespace"`
	// Pods are pods with these labels. Example: {app: crawler}.
	Pods map[string]string `spec:"pods"`
	// CIDR is a range of addresses outside of the cluster; 0.0.0.0/0 is everyone. Example: 10.0.0.0/8.
	CIDR string `spec:"cidr"`
	// Except are parts of cidr that are left out. Example: [10.1.0.0/16].
	Except []string `spec:"except"`
	// Ports are names or numbers of the called container's ports. Default: all of a service of the project, any of others. Example: [http, 53/UDP].
	Ports []PeerPort `spec:"ports"`

	// Resolved are Ports, or those of the service that is called, as numbers. None means any.
	Resolved []PeerPort
}

// PeerPort is a port by its name, or by its number as in 5432 or 53/UDP.
//
//spec:schema {anyOf: [{type: string}, {$ref: Port}]}
type PeerPort struct {
	Name     string
	Number   Port
	Protocol string
}

func (p *PeerPort) decodeNode(d *decoder, n *yaml.Node) {
	text, ok := d.text(n)
	if !ok {
		return
	}
	number, protocol, both := strings.Cut(text, "/")
	if !both && !onlyDigits(text) {
		p.Name = text
		return
	}
	i, err := strconv.Atoi(number)
	switch {
	case err != nil || i < 1 || i > 65535 || number != strconv.Itoa(i):
		d.problem(n, "%q is not a port: write its name, its number from 1 to 65535, or the two as in 53/UDP", short(text))
	case both && protocol != "TCP" && protocol != "UDP" && protocol != "SCTP":
		d.problem(n, "unknown protocol %q: %s", short(protocol), didYouMean(protocol, []string{"TCP", "UDP", "SCTP"}))
	default:
		p.Number, p.Protocol = Port(i), "TCP"
		if both {
			p.Protocol = protocol
		}
	}
}

// HasPeers tells whether more than the callers, the ingress and Prometheus may call the service, or whether the way out is closed:
// a second NetworkPolicy, <service>-peers, says so.
func (s *Service) HasPeers() bool {
	return s.Gateway != nil || len(s.Network.From) > 0 || s.Network.Closed() || s.Service.Outside()
}

// side is one of the two lists of peers.
type side struct {
	key   string
	peers []Peer
}

func (n Network) sides() []side { return []side{{"from", n.From}, {"to", n.To}} }

// Closed tells whether only the peers of To can be called.
func (n Network) Closed() bool { return n.To != nil }

func (l *loader) checkNetwork(s *Service) {
	if len(s.Network.From) > 0 && len(s.Ports) == 0 {
		l.problems.add(s.At("network", "from"), "nobody can call a service without a port: add the line port: 8080, or leave from out")
	}
	for _, side := range s.Network.sides() {
		for i, p := range side.peers {
			l.checkPeer(p, func(path ...string) Position {
				return s.At(append([]string{"network", side.key, strconv.Itoa(i)}, path...)...)
			})
		}
	}
}

func (l *loader) checkPeer(p Peer, at func(path ...string) Position) {
	kinds := 0
	for _, said := range []bool{p.Service != "", p.Namespace != "" || len(p.Pods) > 0, p.CIDR != ""} {
		if said {
			kinds++
		}
	}
	if kinds != 1 {
		l.problems.add(at(), "a peer is one of service, namespace, pods (alone or in a namespace) and cidr: say exactly one; everyone is cidr: 0.0.0.0/0")
	}
	if p.Namespace != "" && p.Namespace != AnyNamespace && (!isObjectName(p.Namespace) || strings.Contains(p.Namespace, ".") || len(p.Namespace) > 63) {
		l.problems.add(at("namespace"), `%q cannot be a namespace: use small letters, digits and -, or "*" for all`, short(p.Namespace))
	}
	for _, key := range sortedKeys(p.Pods) {
		if value := p.Pods[key]; !isLabel(key) || !labelValue.MatchString(value) || len(value) > 63 {
			l.problems.add(at("pods", key), "%s: %s cannot be a label: write it as app: crawler or example.com/tier: web", short(key), short(value))
		}
	}
	if len(p.Except) > 0 && p.CIDR == "" {
		l.problems.add(at("except"), "except leaves out parts of cidr, which is not said")
	}
	if p.CIDR == "" {
		return
	}
	whole, ok := l.checkCIDR(at("cidr"), p.CIDR)
	for i, text := range p.Except {
		part, fits := l.checkCIDR(at("except", strconv.Itoa(i)), text)
		if ok && fits && (!whole.Contains(part.Addr()) || part.Bits() <= whole.Bits()) {
			l.problems.add(at("except", strconv.Itoa(i)), "%s is not a part of %s: leave it out", text, p.CIDR)
		}
	}
}

func (l *loader) checkCIDR(at Position, text string) (netip.Prefix, bool) {
	prefix, err := netip.ParsePrefix(text)
	switch {
	case err != nil:
		l.problems.add(at, "%q is not a range of addresses: write it as 10.0.0.0/8, and one address as 10.1.2.3/32", short(text))
	case prefix != prefix.Masked():
		l.problems.add(at, "%q can be read in two ways: write %s for the range, or %s for the address", text, prefix.Masked(), netip.PrefixFrom(prefix.Addr(), prefix.Addr().BitLen()))
	default:
		return prefix, true
	}
	return netip.Prefix{}, false
}

// linkNetwork finds the services that peers name, and the numbers of ports.
func (l *loader) linkNetwork(p *Project, s *Service) {
	for _, side := range s.Network.sides() {
		for i := range side.peers {
			peer, index := &side.peers[i], strconv.Itoa(i)
			at := s.At("network", side.key, index, "service")
			named := p.Service(peer.Service)
			switch {
			case peer.Service != "" && named == nil:
				l.problems.add(at, "there is no service %q: %s", short(peer.Service), didYouMean(peer.Service, p.names()))
			case side.key == "from":
				l.resolvePorts(s, peer, s, "network", side.key, index)
			case named != nil && len(named.Ports) == 0:
				l.problems.add(at, "%s has no port, so nobody can call it: add a port to %s, or leave it out here", named.Name, path.Join(named.Dir, ServiceFile))
			default:
				l.resolvePorts(s, peer, named, "network", side.key, index)
			}
		}
	}
}

// resolvePorts turns the names of ports of the called service, which is nil outside of the project, into numbers.
func (l *loader) resolvePorts(s *Service, peer *Peer, called *Service, path ...string) {
	peer.Resolved = nil
	if len(peer.Ports) == 0 && called != nil {
		for _, name := range sortedKeys(called.Ports) {
			peer.Resolved = append(peer.Resolved, PeerPort{Number: called.Ports[name].Container, Protocol: called.Ports[name].Protocol})
		}
		return
	}
	for i, port := range peer.Ports {
		at := s.At(append(path[:len(path):len(path)], "ports", strconv.Itoa(i))...)
		switch {
		case port.Name == "":
			peer.Resolved = append(peer.Resolved, port)
		case called == nil:
			l.problems.add(at, "%q is a name, and only services of the project have names for their ports here: write the number, as in 5432 or 53/UDP", short(port.Name))
		case called.Ports[port.Name].Container == 0:
			l.problems.add(at, "unknown port %q: %s", short(port.Name), didYouMean(port.Name, sortedKeys(called.Ports)))
		default:
			found := called.Ports[port.Name]
			peer.Resolved = append(peer.Resolved, PeerPort{Number: found.Container, Protocol: found.Protocol})
		}
	}
}
