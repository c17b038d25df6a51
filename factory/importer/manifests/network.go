package manifests

import (
	"slices"
	"strconv"

	"github.com/helm-chart-factory/factory/factory/importer/draft"
	"github.com/helm-chart-factory/factory/factory/importer/source"
)

// networkPolicy carries a policy to each service whose pods it selects: callers that are services become needs of theirs, others
// peers.
func (c *conversion) networkPolicy(o *object) {
	selected := c.selected(o.spec("podSelector"))
	if len(selected) == 0 {
		return
	}
	o.placed = true
	in, out := o.spec("ingress"), o.spec("egress")
	if len(selected) == len(c.services) && unsaid(in) && unsaid(out) {
		c.changed(nil, o.node, "every service has a policy that lets nobody in but who needs it; the way out is open unless a spec says network.to")
		return
	}
	for _, s := range selected {
		c.keys(s, o.node, take{"apiVersion": same, "kind": same, "status": same, "metadata": c.objectMetadata(s), "spec": func(n *source.Node) {
			c.keys(s, n, take{
				"podSelector": same, "policyTypes": same,
				"ingress": func(n *source.Node) { c.rules(s, n, "from", "from") },
				"egress": func(n *source.Node) {
					if !slices.ContainsFunc(n.Items, empty) { // a rule that says nothing lets everything out, as a spec does without network.to
						c.rules(s, n, "to", "to")
					}
				},
			})
		}})
		if hasEgress(o) && unsaid(out) {
			s.out.Keys.At("network", o.node).Set("to", draft.List{}, o.node)
		}
	}
}

func unsaid(n *source.Node) bool { return n == nil || empty(n) }

func hasEgress(o *object) bool {
	types := o.spec("policyTypes")
	if !types.Is(source.Sequence) {
		return false
	}
	for _, item := range types.Items {
		if item.Text == "Egress" {
			return true
		}
	}
	return false
}

// rules carries the rules of one direction.
func (c *conversion) rules(s *service, n *source.Node, key, peersKey string) {
	for _, rule := range n.Items {
		ports := c.peerPorts(s, rule.Get("ports"))
		peers := rule.Get(peersKey)
		if !peers.Is(source.Sequence) {
			if key == "to" && onlyDNS(rule.Get("ports")) {
				continue
			}
			c.peer(s, rule, key, draft.NewMap().Set("cidr", draft.Text("0.0.0.0/0"), rule), ports)
			continue
		}
		for _, item := range peers.Items {
			c.onePeer(s, item, key, ports, rule)
		}
	}
}

// onlyDNS tells whether ports are those of DNS, which a spec lets through anyway.
func onlyDNS(n *source.Node) bool {
	if !n.Is(source.Sequence) || len(n.Items) == 0 {
		return false
	}
	for _, item := range n.Items {
		if port := item.Get("port"); !port.Is(source.Scalar) || port.Text != "53" {
			return false
		}
	}
	return true
}

func (c *conversion) onePeer(s *service, n *source.Node, key string, ports draft.List, rule *source.Node) {
	pods, namespaces, block := n.Get("podSelector"), n.Get("namespaceSelector"), n.Get("ipBlock")
	peer := draft.NewMap()
	if key == "to" && onlyDNS(rule.Get("ports")) {
		return // a spec lets questions to DNS out anyway
	}
	switch {
	case block.Is(source.Mapping):
		c.keys(s, block, take{"cidr": c.setText(s, peer, "cidr"), "except": c.setRaw(peer, "except")})
	case namespaces != nil:
		if !c.namespacePeer(s, namespaces, peer) {
			return
		}
		if labels := pods.Get("matchLabels"); labels.Is(source.Mapping) {
			peer.Set("pods", draft.Raw(labels), labels)
		}
		c.expressions(s, pods)
	case pods != nil && len(c.selected(pods)) > 0 && !empty(pods):
		labels := pods.Get("matchLabels")
		for _, other := range c.selected(pods) {
			if other == s && labels.Is(source.Mapping) {
				peer.Set("pods", draft.Raw(labels), labels) // its own pods: no service needs itself
			}
			caller, called := other, s
			if key == "to" {
				caller, called = s, other
			}
			switch {
			case caller == called:
			case len(ports) > 0 && !called.allOf(ports): // needs would let it in by every port
				c.peer(s, n, key, draft.NewMap().Set("service", draft.Text(other.name), n), ports)
			case !caller.calls(called):
				caller.needs = append(caller.needs, need{called, n})
			}
		}
		if peer.Len() == 0 {
			return
		}
	case pods != nil && !empty(pods):
		if labels := pods.Get("matchLabels"); labels.Is(source.Mapping) {
			peer.Set("pods", draft.Raw(labels), labels)
		}
		if c.expressions(s, pods); peer.Len() == 0 {
			return
		}
	default:
		c.lost(s, n, "every pod of the namespace is no peer of a spec; next: say needs in those that call, or network: {from: [{namespace: NAME}]}")
		return
	}
	c.peer(s, n, key, peer, ports)
}

func (c *conversion) expressions(s *service, n *source.Node) {
	if e := n.Get("matchExpressions"); e.Said() && !isTest(e, s.name) {
		c.lost(s, e, "a peer is said by labels, and no workload here has these; next: say pods with the labels that they have")
	}
}

// allOf tells whether ports are all that a service has.
func (s *service) allOf(ports draft.List) bool {
	return !slices.ContainsFunc(s.ports, func(p *port) bool {
		number := strconv.FormatInt(p.number, 10)
		return !slices.ContainsFunc(ports, func(v draft.Value) bool {
			return v == draft.Plain(number) && p.protocol == "TCP" || v == draft.Text(number+"/"+p.protocol) || v == draft.Text(p.written)
		})
	})
}

// isTest tells whether labels are those of the pod of helm test, which every spec lets in.
func isTest(expressions *source.Node, name string) bool {
	if !expressions.Is(source.Sequence) || len(expressions.Items) != 1 {
		return false
	}
	values := expressions.Items[0].Get("values")
	return values.Is(source.Sequence) && len(values.Items) == 1 && values.Items[0].Text == name+".test"
}

// namespacePeer reads a namespace that is selected by its name, or all of them.
func (c *conversion) namespacePeer(s *service, n *source.Node, peer *draft.Map) bool {
	name := n.Get("matchLabels", "kubernetes.io/metadata.name")
	switch {
	case empty(n):
		peer.Set("namespace", draft.Text("*"), n)
	case name.Is(source.Scalar) && len(n.Pairs) == 1 && len(n.Get("matchLabels").Pairs) == 1:
		peer.Set("namespace", draft.Text(name.Text), n)
	default:
		c.lost(s, n, "a namespace is said by its name; next: say namespace: NAME")
		return false
	}
	return true
}

func (c *conversion) peer(s *service, n *source.Node, key string, peer *draft.Map, ports draft.List) {
	if len(ports) > 0 {
		peer.Set("ports", ports, n)
	}
	network := s.out.Keys.At("network", n)
	list, _ := network.Get(key).(draft.List)
	network.Set(key, append(list, peer), n)
}

// peerPorts reads ports: names stay names, numbers get their protocol when it is not TCP.
func (c *conversion) peerPorts(s *service, n *source.Node) draft.List {
	if !n.Is(source.Sequence) {
		return nil
	}
	var list draft.List
	for _, item := range n.Items {
		port, protocol := "", "TCP"
		c.keys(s, item, take{
			"port":     func(n *source.Node) { port = n.Text },
			"protocol": func(n *source.Node) { protocol = n.Text },
			"endPort":  c.not(s, "a peer has single ports; next: say each"),
		})
		_, err := strconv.Atoi(port)
		switch {
		case port == "":
		case err != nil:
			list = append(list, draft.Text(port))
		case protocol == "TCP":
			list = append(list, draft.Plain(port))
		default:
			list = append(list, draft.Text(port+"/"+protocol))
		}
	}
	return list
}
