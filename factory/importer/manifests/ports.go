package manifests

import (
	"strconv"

	"github.com/helm-chart-factory/factory/factory/importer/draft"
	"github.com/helm-chart-factory/factory/factory/importer/source"
)

// port is one port of the service's own container.
type port struct {
	name, written string // written is the name in the source, which others refer to
	number        int64
	protocol      string
	service       int64 // where the Service listens; 0 when none does
	app           string
	nodePort      int64
	from          *source.Node
}

// declarePorts takes the ports of the first container, and those that the Service leads to without the container naming them.
func (c *conversion) declarePorts(s *service) {
	if ports := s.main.Get("ports"); ports.Is(source.Sequence) {
		for _, item := range ports.Items {
			c.containerPort(s, item)
		}
	}
	if s.object == nil {
		return
	}
	if ports := s.object.spec("ports"); ports.Is(source.Sequence) {
		for _, item := range ports.Items {
			c.servicePort(s, item)
		}
	}
}

func (c *conversion) containerPort(s *service, n *source.Node) {
	p := &port{protocol: "TCP", from: n}
	c.keys(s, n, take{
		"containerPort": func(n *source.Node) { p.number, _ = c.number(s, n) },
		"name":          func(n *source.Node) { p.written, _ = c.text(s, n) },
		"protocol":      func(n *source.Node) { p.protocol, _ = c.text(s, n) },
		"hostPort":      c.not(s, "Pod Security restricted keeps pods off the node's ports; next: say service: {type: NodePort}"),
		"hostIP":        c.not(s, "Pod Security restricted keeps pods off the node's ports; next: leave it out"),
	})
	if s.portOf(p.number, p.protocol) == nil && p.number > 0 {
		c.addPort(s, p)
	}
}

func (c *conversion) addPort(s *service, p *port) *port {
	name := p.written
	if name == "" {
		name = map[int64]string{80: "http", 443: "https", 8080: "http", 3000: "http", 5432: "postgres", 3306: "mysql", 6379: "redis", 9090: "http"}[p.number]
	}
	if name == "" {
		name = "port-" + strconv.FormatInt(p.number, 10)
	}
	p.name = s.portName.Port(name)
	s.ports = append(s.ports, p)
	return p
}

func (s *service) portOf(number int64, protocol string) *port {
	for _, p := range s.ports {
		if p.number == number && p.protocol == protocol {
			return p
		}
	}
	return nil
}

// servicePort lets the Service of a spec listen where the one of the source does.
func (c *conversion) servicePort(s *service, n *source.Node) {
	var number, nodePort int64
	var target *source.Node
	name, protocol, app := "", "TCP", ""
	c.keys(s, n, take{
		"port":        func(n *source.Node) { number, _ = c.number(s, n) },
		"targetPort":  func(n *source.Node) { target = n },
		"name":        func(n *source.Node) { name, _ = c.text(s, n) },
		"protocol":    func(n *source.Node) { protocol, _ = c.text(s, n) },
		"appProtocol": func(n *source.Node) { app, _ = c.text(s, n) },
		"nodePort":    func(n *source.Node) { nodePort, _ = c.number(s, n) },
	})
	if number == 0 {
		c.lost(s, n, "a port of a Service needs its number")
		return
	}
	p := c.target(s, target, number, protocol)
	switch {
	case p == nil && target.Is(source.Scalar) && target.Tag != "!!int":
		c.lost(s, target, "no port of the first container is called %s; next: say the port of the sidecar under sidecars", source.Shorten(target.Text))
		return
	case p == nil:
		to := number
		if target != nil {
			to, _ = strconv.ParseInt(target.Text, 10, 64)
		}
		p = c.addPort(s, &port{number: to, protocol: protocol, written: name, from: n})
	case p.service != 0:
		c.lost(s, n, "the container port %d has one port of the Service, %d; next: let the callers use that one", p.number, p.service)
		return
	}
	p.service, p.app, p.nodePort = number, app, nodePort
	if p.written == "" && name != "" {
		p.name, p.written = s.portName.Port(name), name
	}
}

// target returns the port of the container that a port of a Service leads to.
func (c *conversion) target(s *service, target *source.Node, number int64, protocol string) *port {
	if target == nil {
		return s.portOf(number, protocol)
	}
	if i, err := strconv.ParseInt(target.Text, 10, 64); err == nil {
		return s.portOf(i, protocol)
	}
	for _, p := range s.ports {
		if p.written == target.Text {
			return p
		}
	}
	return nil
}

// portNamed returns the name in the spec of a port that a probe refers to by name or number. A number that nobody declares gets
// a port. The probes of other containers refer to their own.
func (c *conversion) portNamed(s *service, n *source.Node, main bool) string {
	text, ok := c.text(s, n)
	if !ok {
		return ""
	}
	number, err := strconv.ParseInt(text, 10, 64)
	for _, p := range s.ports {
		if main && (p.written == text || err == nil && p.number == number && p.protocol == "TCP") {
			return p.name
		}
	}
	if name := s.others[text]; !main && name != "" {
		return name
	}
	if err != nil || !main {
		c.check(s, n, "the container declares no port %s", source.Shorten(text))
		return draft.NewNames().Port(text)
	}
	p := c.addPort(s, &port{number: number, protocol: "TCP", from: n})
	c.check(s, n, "the port %d is not declared; it becomes the port %s, which its Service has too", number, p.name)
	return p.name
}

// sidecarPorts carries the ports of another container, and notes how its probes refer to them. A name is one of the whole pod.
func (c *conversion) sidecarPorts(s *service, n *source.Node, into *draft.Map) {
	s.others = map[string]string{}
	if !n.Is(source.Sequence) || len(n.Items) == 0 {
		return
	}
	ports := draft.NewMap()
	for _, item := range n.Items {
		written, protocol := "", "TCP"
		var number int64
		c.keys(s, item, take{
			"containerPort": func(n *source.Node) { number, _ = c.number(s, n) },
			"name":          func(n *source.Node) { written, _ = c.text(s, n) },
			"protocol":      func(n *source.Node) { protocol, _ = c.text(s, n) },
			"hostPort":      c.not(s, "Pod Security restricted keeps pods off the node's ports; next: leave it out"),
			"hostIP":        c.not(s, "Pod Security restricted keeps pods off the node's ports; next: leave it out"),
		})
		digits := strconv.FormatInt(number, 10)
		name := written
		if name == "" {
			name = "port-" + digits
		}
		name = s.portName.Port(name)
		s.others[digits] = name
		if written != "" {
			s.others[written] = name
		}
		value := draft.Value(draft.Number(number))
		if protocol != "TCP" {
			value = draft.NewMap().Set("container", draft.Number(number), item).Set("protocol", draft.Plain(protocol), item)
		}
		ports.Set(name, value, item)
	}
	into.Set("ports", ports, n)
}

// mainPort returns the name of the port that is meant when none is said, or "".
func (s *service) mainPort() string {
	for _, p := range s.ports {
		if p.name == "http" || len(s.ports) == 1 {
			return p.name
		}
	}
	return ""
}

// finishPorts writes the ports, in their short form where there is one.
func (c *conversion) finishPorts(s *service) {
	if len(s.ports) == 0 {
		return
	}
	ports := draft.NewMap()
	for _, p := range s.ports {
		if p.service == 0 {
			p.service = p.number
			if s.object != nil {
				c.check(s, p.from, "the port %s is one of the Service, too: a spec declares both at once", p.name)
			}
		}
		if len(s.ports) == 1 && p.name == "http" && p.service == 80 && p.protocol == "TCP" && p.app == "" && p.nodePort == 0 {
			s.out.Keys.Set("port", draft.Number(p.number), p.from)
			return
		}
		ports.Set(p.name, p.value(), p.from)
	}
	if s.object == nil {
		c.check(s, s.ports[0].from, "there is no Service: a spec with ports gets one")
	}
	s.out.Keys.Set("ports", ports, s.ports[0].from)
}

func (p *port) value() draft.Value {
	if p.service == p.number && p.protocol == "TCP" && p.app == "" && p.nodePort == 0 {
		return draft.Number(p.number)
	}
	long := draft.NewMap().Set("container", draft.Number(p.number), p.from)
	if p.service != p.number {
		long.Set("service", draft.Number(p.service), p.from)
	}
	if p.protocol != "TCP" {
		long.Set("protocol", draft.Plain(p.protocol), p.from)
	}
	if p.app != "" {
		long.Set("appProtocol", draft.Text(p.app), p.from)
	}
	if p.nodePort > 0 {
		long.Set("nodePort", draft.Number(p.nodePort), p.from)
	}
	return long
}
