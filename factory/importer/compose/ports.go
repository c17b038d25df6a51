package compose

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/helm-chart-factory/factory/factory/importer/draft"
	"github.com/helm-chart-factory/factory/factory/importer/source"
)

// port is one port of a container. Its Service listens on the same number, because that is where others call it in Compose.
type port struct {
	name     string
	number   int
	protocol string
	app      string
	from     *source.Node
}

// mostPorts bounds the ports of a service, as Kubernetes does those of a slice of endpoints.
const mostPorts = 100

// protocols are those that Kubernetes carries.
var protocols = []string{"TCP", "UDP", "SCTP"}

// wellKnown are the names of ports, by number; the ones called http speak it.
var wellKnown = map[int]string{
	21: "ftp", 22: "ssh", 25: "smtp", 53: "dns", 80: "http", 443: "https", 587: "submission", 1025: "smtp", 1433: "mssql", 1883: "mqtt", 2181: "zookeeper",
	2379: "etcd", 3000: "http", 3306: "mysql", 4222: "nats", 4317: "otlp", 5000: "http", 5173: "http", 5432: "postgres", 5672: "amqp", 6379: "redis",
	8000: "http", 8080: "http", 8081: "http", 8086: "http", 8088: "http", 8443: "https", 8888: "http", 9000: "http", 9090: "http", 9092: "kafka", 9200: "http",
	11211: "memcached", 27017: "mongodb",
}

// addPort notes a port once. It returns false when it was there.
func (s *service) addPort(number int, protocol string, from *source.Node) bool {
	for _, p := range s.ports {
		if p.number == number && p.protocol == protocol {
			return false
		}
	}
	s.ports = append(s.ports, &port{number: number, protocol: protocol, from: from})
	return true
}

// mention notes a port that somebody calls.
func (s *service) mention(number int, from *source.Node) {
	for _, p := range s.ports {
		if p.number == number {
			return
		}
	}
	s.mentioned = append(s.mentioned, mention{number, from})
}

type mention struct {
	number int
	from   *source.Node
}

func (c *conversion) takePorts(s *service, n *source.Node) {
	c.each(s, n, func(item *source.Node) {
		if item.Is(source.Mapping) {
			c.longPort(s, item)
			return
		}
		if text, ok := c.text(s, item); ok {
			c.shortPort(s, item, text)
		}
	})
}

// shortPort reads [[host-ip:]published:]target[/protocol], each number or range.
func (c *conversion) shortPort(s *service, n *source.Node, text string) {
	rest, protocol, _ := strings.Cut(text, "/")
	i := strings.LastIndexByte(rest, ':')
	published := ""
	target := rest
	if i >= 0 {
		published, target = rest[:i], rest[i+1:]
	}
	low, high, ok := portRange(target)
	if !ok {
		c.lost(s, n, "%q is not a port; next: write it as published:target", source.Shorten(text))
		return
	}
	c.publish(s, n, low, high, protocol, published)
}

func (c *conversion) longPort(s *service, n *source.Node) {
	var target, protocol, published, app string
	c.keys(s, n, func(key string, value *source.Node) bool {
		text, ok := c.text(s, value)
		switch key {
		case "target":
			target = text
		case "protocol":
			protocol = text
		case "published":
			published = text
		case "app_protocol":
			app = text
		case "host_ip", "mode", "name": // how the host publishes it
		default:
			return !ok
		}
		return true
	})
	low, high, ok := portRange(target)
	if !ok {
		c.lost(s, n, "a port needs its target, the number that the container listens on")
		return
	}
	before := len(s.ports)
	c.publish(s, n, low, high, protocol, published)
	for _, p := range s.ports[before:] {
		p.app = app
	}
}

func (c *conversion) publish(s *service, n *source.Node, low, high int, protocol, published string) {
	protocol = strings.ToUpper(protocol)
	if protocol == "" {
		protocol = "TCP"
	}
	if !slices.Contains(protocols, protocol) {
		c.lost(s, n, "Kubernetes carries TCP, UDP and SCTP, not %s", source.Shorten(protocol))
		return
	}
	if len(s.ports)+high-low >= mostPorts {
		c.lost(s, n, "a Service has at most %d ports; next: let the program listen on fewer", mostPorts)
		return
	}
	for number := low; number <= high; number++ {
		s.addPort(number, protocol, n)
	}
	if published != "" {
		c.changed(s, n, "nothing is published on the host: inside of the cluster %s answers on %s; next: ingress: {host: …} for HTTP, or service: {type: LoadBalancer}, lets people in from outside", s.name, span(low, high))
	}
}

func span(low, high int) string {
	if low == high {
		return strconv.Itoa(low)
	}
	return fmt.Sprintf("%d-%d", low, high)
}

// portRange reads a number or a range.
func portRange(text string) (low, high int, ok bool) {
	first, last, ranged := strings.Cut(text, "-")
	low, err := strconv.Atoi(first)
	if err != nil || low < 1 || low > 65535 {
		return 0, 0, false
	}
	if !ranged {
		return low, low, true
	}
	high, err = strconv.Atoi(last)
	return low, high, err == nil && high >= low && high <= 65535 && high-low < mostPorts
}

func (c *conversion) expose(s *service, n *source.Node) {
	c.each(s, n, func(item *source.Node) {
		text, ok := c.text(s, item)
		if !ok {
			return
		}
		number, protocol, _ := strings.Cut(text, "/")
		low, high, ok := portRange(number)
		if !ok {
			c.lost(s, item, "%q is not a port", source.Shorten(text))
			return
		}
		c.publish(s, item, low, high, protocol, "")
	})
}

// guessPorts finds the ports that nobody says: in a container network every port can be called, a Service has a list. It takes
// what the Dockerfile exposes, what others call, and what software is known to listen on.
func (c *conversion) guessPorts() {
	for _, s := range c.services {
		if len(s.ports) == 0 && !s.once {
			for _, e := range s.recipe.ports {
				if slices.Contains(protocols, e.protocol) && s.addPort(e.number, e.protocol, s.node) {
					c.check(s, s.node, "the port %d is taken from its Dockerfile's EXPOSE", e.number)
				}
			}
		}
		for _, m := range s.mentioned {
			if len(s.ports) < mostPorts && s.addPort(m.number, "TCP", m.from) {
				c.check(s, m.from, "%s gets the port %d, since it is called here", s.name, m.number)
			}
		}
		if len(s.ports) > 0 {
			continue
		}
		if known := c.software(s); known.port > 0 {
			s.addPort(known.port, "TCP", s.node)
			c.check(s, s.node, "no port is said: %d is where %s listens", known.port, known.family)
		}
	}
	for _, s := range c.services {
		s.namePorts()
	}
}

// namePorts gives every port a name; the first that is likely to speak HTTP is http.
func (s *service) namePorts() {
	for _, p := range s.ports {
		name := wellKnown[p.number]
		if name == "" || p.protocol != "TCP" {
			name = strings.ToLower(p.protocol) + "-" + strconv.Itoa(p.number)
		}
		if strings.HasPrefix(p.app, "http") {
			name = "http"
		}
		p.name = s.names.Port(name)
	}
}

// portReference returns how a text refers to a port of the service, or "" when there is no such reference.
func (s *service) portReference(number int) string {
	for _, p := range s.ports {
		if p.number != number || p.protocol != "TCP" {
			continue
		}
		if p.name == "http" || len(s.ports) == 1 {
			return "${" + s.name + ".port}"
		}
		return "${" + s.name + ".ports." + p.name + "}"
	}
	return ""
}

func (c *conversion) finishPorts(s *service) {
	if len(s.ports) == 1 && s.ports[0].number == 80 && s.ports[0].name == "http" && s.ports[0].app == "" {
		s.out.Keys.Set("port", draft.Number(80), s.ports[0].from)
		return
	}
	if len(s.ports) == 0 {
		return
	}
	ports := draft.NewMap()
	for _, p := range s.ports {
		if p.protocol == "TCP" && p.app == "" {
			ports.Set(p.name, draft.Number(p.number), p.from)
			continue
		}
		long := draft.NewMap().Set("container", draft.Number(p.number), p.from)
		if p.protocol != "TCP" {
			long.Set("protocol", draft.Plain(p.protocol), p.from)
		}
		if p.app != "" {
			long.Set("appProtocol", draft.Text(p.app), p.from)
		}
		ports.Set(p.name, long, p.from)
	}
	s.out.Keys.Set("ports", ports, s.ports[0].from)
}
