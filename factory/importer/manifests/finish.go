package manifests

import (
	"slices"
	"strconv"
	"strings"

	"github.com/helm-chart-factory/factory/factory/importer/draft"
	"github.com/helm-chart-factory/factory/factory/importer/source"
)

// scraped is what the annotations say about metrics.
type scraped struct {
	scrape, path, port *source.Node
}

func (s *service) metrics() *scraped {
	if s.scraped == nil {
		s.scraped = &scraped{}
	}
	return s.scraped
}

// relate finds the services that a service calls by name.
func (c *conversion) relate(s *service) {
	for _, v := range s.env {
		if v.refer == nil {
			c.relateText(s, v.value, v.from, draft.SaysHost(v.name))
		}
	}
	c.relateWords(s, s.out.Keys)
	for _, kind := range []string{"init", "sidecars", "tests"} {
		containers, _ := s.out.Keys.Get(kind).(*draft.Map)
		if containers == nil {
			continue
		}
		for _, name := range containers.Keys() {
			container := containers.Get(name).(*draft.Map)
			c.relateWords(s, container)
			env, _ := container.Get("env").(*draft.Map)
			if env == nil {
				continue
			}
			for _, variable := range env.Keys() {
				if text, ok := env.Get(variable).(draft.Text); ok {
					c.relateText(s, string(text), env.From(variable), draft.SaysHost(variable))
				}
			}
		}
	}
	for _, f := range s.out.Files {
		c.relateText(s, string(f.Data), s.mounted[f.Path], false)
	}
}

// relateWords looks at what a container runs. An option and its value may be words of their own.
func (c *conversion) relateWords(s *service, container *draft.Map) {
	for _, key := range []string{"command", "args"} {
		list, _ := container.Get(key).(draft.List)
		before := ""
		for _, item := range list {
			word := string(item.(draft.Text))
			isOption := before == "-h" || strings.HasPrefix(before, "-") && !strings.Contains(before, "=") && draft.SaysHost(before)
			c.relateText(s, word, container.From(key), isOption)
			before = word
		}
	}
}

func (c *conversion) addresses(text string, hosts bool) []draft.Address {
	return draft.Addresses(text, hosts, func(name string) bool { return c.byHost[name] != nil })
}

func (c *conversion) relateText(s *service, text string, from *source.Node, hosts bool) {
	for _, a := range c.addresses(text, hosts) {
		target := c.byHost[text[a.Start:a.End]]
		if target != s && !s.calls(target) {
			s.needs = append(s.needs, need{target, from})
			c.check(s, from, "%s is added to needs, since it is called here", target.name)
		}
	}
}

// relateFile notes names in a file of configuration that are others in the project. The file is not rewritten.
func (c *conversion) relateFile(s *service, n *source.Node) {
	for _, a := range c.addresses(n.Text, false) {
		host := n.Text[a.Start:a.End]
		if target := c.byHost[host]; target.name != strings.SplitN(host, ".", 2)[0] {
			c.changed(s, n, "the file says %s, which is called %s in the project; next: replace it in the copy", host, target.name)
		}
	}
}

// rewritten puts references in the place of addresses of services that are needed.
func (c *conversion) rewritten(s *service, text string, hosts bool) string {
	var b strings.Builder
	done := 0
	for _, a := range c.addresses(text, hosts) {
		target := c.byHost[text[a.Start:a.End]]
		if target != s && !s.calls(target) || len(target.ports) == 0 {
			continue
		}
		b.WriteString(draft.Unreferenced(text[done:a.Start]) + "${" + target.name + ".host}")
		done = a.End
		if reference := target.portReference(int64(a.Port)); reference != "" {
			b.WriteString(":" + reference)
			done = a.PortEnd
		}
	}
	return b.String() + draft.Unreferenced(text[done:])
}

// portReference returns how a text refers to a port of the service's Service, or "".
func (s *service) portReference(number int64) string {
	for _, p := range s.ports {
		if p.service != number || number == 0 || p.protocol != "TCP" {
			continue
		}
		if p.name == s.mainPort() {
			return "${" + s.name + ".port}"
		}
		return "${" + s.name + ".ports." + p.name + "}"
	}
	return ""
}

// finish writes what needed all services to be known.
func (c *conversion) finish(s *service) {
	c.finishMetrics(s)
	c.dropImplied(s)
	c.finishPorts(s)
	c.finishNeeds(s)
	for _, key := range []string{"command", "args"} {
		if list, said := s.out.Keys.Get(key).(draft.List); said {
			for i, word := range list {
				list[i] = draft.Text(c.rewritten(s, string(word.(draft.Text)), false))
			}
		}
	}
	env := draft.NewMap()
	for _, v := range s.env {
		env.Set(v.name, v.draft(c.rewritten(s, v.value, draft.SaysHost(v.name))), v.from)
	}
	if env.Len() > 0 {
		s.out.Keys.Set("env", env, s.main.Get("env"))
	}
}

func (c *conversion) finishNeeds(s *service) {
	var list draft.List
	var from *source.Node
	for _, n := range s.needs {
		if len(n.target.ports) == 0 {
			c.lost(s, n.from, "%s has no port that is known, so nobody can call it; next: add ports to %s and needs here, if it is called", n.target.name, n.target.out.Spec())
			continue
		}
		if from == nil {
			from = n.from
		}
		list = append(list, draft.Text(n.target.name))
	}
	if len(list) > 0 {
		s.out.Keys.Set("needs", list, from)
	}
}

// finishMetrics carries the annotations by which Prometheus finds metrics.
func (c *conversion) finishMetrics(s *service) {
	m := s.scraped
	if m == nil || m.scrape == nil {
		return
	}
	path := "/metrics"
	if m.path.Is(source.Scalar) {
		path = m.path.Text
	}
	port := ""
	if m.port.Is(source.Scalar) {
		if port = c.portNamed(s, m.port, true); port == s.mainPort() {
			port = ""
		}
	}
	if port == "" {
		s.out.Keys.Set("metrics", draft.Text(path), m.scrape)
		return
	}
	s.out.Keys.Set("metrics", draft.NewMap().Set("path", draft.Text(path), m.scrape).Set("port", draft.Text(port), m.port), m.scrape)
}

// dropImplied leaves out the peers that a spec lets in or out anyway: everyone by the ingress, the gateway or a Service that leads in
// from outside, Prometheus by metrics, services by needs, and the Kubernetes API by access.
func (c *conversion) dropImplied(s *service) {
	network, ok := s.out.Keys.Get("network").(*draft.Map)
	if !ok {
		return
	}
	keepPeers(network, "from", func(peer *draft.Map) bool { return c.letsIn(s, peer) })
	keepPeers(network, "to", func(peer *draft.Map) bool {
		return c.isService(peer, func(called *service) bool { return s.calls(called) }) || s.out.Keys.Has("access") && isAPI(peer)
	})
	if network.Len() == 0 {
		s.out.Keys.Drop("network")
	}
}

// keepPeers drops the peers of one direction that are implied. An empty list of those that may be called closes the way out, so it stays.
func keepPeers(network *draft.Map, key string, implied func(*draft.Map) bool) {
	list, _ := network.Get(key).(draft.List)
	kept := slices.DeleteFunc(slices.Clone(list), func(v draft.Value) bool { return implied(v.(*draft.Map)) })
	switch {
	case len(kept) == len(list):
	case len(kept) > 0 || key == "to":
		network.Set(key, kept, network.From(key))
	default:
		network.Drop(key)
	}
}

func (c *conversion) letsIn(s *service, peer *draft.Map) bool {
	if c.isService(peer, func(caller *service) bool { return caller.calls(s) }) {
		return true
	}
	object, _ := s.out.Keys.Get("service").(*draft.Map)
	outside := object != nil && object.Has("type")
	pods, selective := peer.Get("pods").(*draft.Map)
	everywhere := peer.Get("namespace") == draft.Text("*") || outside && peer.Get("cidr") == draft.Text("0.0.0.0/0")
	switch {
	case !everywhere || !s.servesAll(peer.Get("ports")):
		return false
	case selective:
		return s.out.Keys.Has("metrics") && pods.Len() == 1 && pods.Get("app.kubernetes.io/name") == draft.Text("prometheus")
	}
	return outside || s.out.Keys.Has("ingress") || s.out.Keys.Has("gateway")
}

// isService tells whether a peer is a service of which that is true.
func (c *conversion) isService(peer *draft.Map, is func(*service) bool) bool {
	name, ok := peer.Get("service").(draft.Text)
	return ok && slices.ContainsFunc(c.services, func(other *service) bool { return other.name == string(name) && is(other) })
}

// isAPI tells whether a peer is the Kubernetes API as a spec says it: everyone by the two ports that it listens on.
func isAPI(peer *draft.Map) bool {
	ports, _ := peer.Get("ports").(draft.List)
	return peer.Get("cidr") == draft.Text("0.0.0.0/0") && peer.Len() == 2 && slices.Equal(ports, draft.List{draft.Plain("443"), draft.Plain("6443")})
}

// servesAll tells whether all ports of a peer are the service's.
func (s *service) servesAll(ports draft.Value) bool {
	list, _ := ports.(draft.List)
	for _, value := range list {
		if !slices.ContainsFunc(s.ports, func(p *port) bool {
			number := strconv.FormatInt(p.number, 10)
			return value == draft.Plain(number) && p.protocol == "TCP" || value == draft.Text(number+"/"+p.protocol)
		}) {
			return false
		}
	}
	return len(list) > 0
}
