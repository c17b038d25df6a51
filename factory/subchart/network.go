package subchart

import (
	"maps"
	"slices"

	"github.com/helm-chart-factory/factory/factory/spec"
	"github.com/helm-chart-factory/factory/factory/values"
)

// networkValues are the rules that a network policy gets beside those that its template makes of the other values.
func networkValues(p *spec.Project, s *spec.Service) values.Map {
	var m values.Map
	var in []any
	outside := s.Service.Outside()
	for _, peer := range s.Network.From {
		in = append(in, rule("from", peers(peer), peer.Resolved))
		outside = outside && peer.CIDR == ""
	}
	if outside {
		// Who comes from outside of the cluster is in no namespace: everyone, when the spec names no addresses.
		in = append(in, rule("", nil, ports(s)))
	}
	if in != nil {
		m = append(m, values.Entry{Key: "ingress", Value: in})
	}
	if s.Network.Closed() {
		m = append(m, values.Entry{Key: "egress", Value: egress(p, s)})
	}
	return m
}

// egress lets out to DNS, to the Kubernetes API when the service uses it, to what the service needs, and to the peers that the
// spec names.
func egress(p *spec.Project, s *spec.Service) []any {
	dns := []spec.PeerPort{{Number: 53, Protocol: "UDP"}, {Number: 53, Protocol: "TCP"}}
	// A node's own DNS cache answers on a link-local address, which is in no namespace.
	servers := append(peers(spec.Peer{Namespace: spec.AnyNamespace}), peers(spec.Peer{CIDR: "169.254.20.10/32"})...)
	out := []any{rule("to", servers, dns)}
	if len(s.Access) > 0 {
		// The API server has no pod that a policy could name everywhere; these are the ports that it listens on.
		out = append(out, rule("", nil, []spec.PeerPort{{Number: 443, Protocol: "TCP"}, {Number: 6443, Protocol: "TCP"}}))
	}
	for _, name := range s.Needs {
		out = append(out, rule("to", peers(spec.Peer{Service: name}), ports(p.Service(name))))
	}
	for _, peer := range s.Network.To {
		out = append(out, rule("to", peers(peer), peer.Resolved))
	}
	return out
}

// ports are all ports of a service's containers.
func ports(s *spec.Service) []spec.PeerPort {
	var all []spec.PeerPort
	for _, name := range slices.Sorted(maps.Keys(s.Ports)) {
		all = append(all, spec.PeerPort{Number: s.Ports[name].Container, Protocol: s.Ports[name].Protocol})
	}
	return all
}

// rule is one of a network policy's; direction is from or to, and empty when anybody is meant.
func rule(direction string, peers []any, ports []spec.PeerPort) values.Map {
	var m values.Map
	if direction != "" {
		m = append(m, values.Entry{Key: direction, Value: peers})
	}
	var list []any
	for _, port := range ports {
		one := values.Map{{Key: "port", Value: int64(port.Number)}}
		if port.Protocol != "TCP" {
			one = append(one, values.Entry{Key: "protocol", Value: port.Protocol})
		}
		list = append(list, one)
	}
	if list != nil {
		m = append(m, values.Entry{Key: "ports", Value: list})
	}
	return m
}

// peers are a peer in Kubernetes' words.
func peers(p spec.Peer) []any {
	labels := func(m values.Map) values.Map { return values.Map{{Key: "matchLabels", Value: m}} }
	var m values.Map
	switch {
	case p.CIDR != "":
		block := values.Map{{Key: "cidr", Value: p.CIDR}}
		if len(p.Except) > 0 {
			block = append(block, values.Entry{Key: "except", Value: list(p.Except)})
		}
		return []any{values.Map{{Key: "ipBlock", Value: block}}}
	case p.Service != "":
		name := values.Map{{Key: "app.kubernetes.io/name", Value: p.Service}}
		return []any{values.Map{{Key: "podSelector", Value: labels(name)}}}
	case p.Namespace == spec.AnyNamespace:
		m = values.Map{{Key: "namespaceSelector", Value: values.Map{}}}
	case p.Namespace != "":
		m = values.Map{{Key: "namespaceSelector", Value: labels(values.Map{{Key: "kubernetes.io/metadata.name", Value: p.Namespace}})}}
	}
	if len(p.Pods) > 0 {
		m = append(m, values.Entry{Key: "podSelector", Value: labels(textMap(p.Pods))})
	}
	return []any{m}
}
