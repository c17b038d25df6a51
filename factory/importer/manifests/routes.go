package manifests

import (
	"slices"
	"strconv"

	"github.com/helm-chart-factory/factory/factory/importer/draft"
	"github.com/helm-chart-factory/factory/factory/importer/source"
)

// route is one host and path that leads to a service.
type route struct {
	host, path string
	exact      bool
	port       string
	from       *source.Node
}

// ingress carries an Ingress to each service that it leads to.
func (c *conversion) ingress(o *object) {
	routes := map[*service][]route{}
	var order []*service
	var anyService *service
	c.keys(nil, o.node, take{"apiVersion": same, "kind": same, "status": same, "metadata": same, "spec": func(n *source.Node) {
		c.keys(nil, n, take{
			"ingressClassName": same, "tls": same,
			"defaultBackend": c.not(nil, "an ingress has hosts; next: say ingress.host"),
			"rules": func(n *source.Node) {
				for _, rule := range n.Items {
					c.ingressRule(rule, func(s *service, r route) {
						if routes[s] == nil {
							order = append(order, s)
						}
						routes[s] = append(routes[s], r)
						anyService = s
					})
				}
			},
		})
	}})
	if anyService == nil {
		return // it leads to none of the services: it is carried as it is
	}
	o.placed = true
	for _, s := range order {
		if s.out.Keys.Has("ingress") {
			c.lost(s, o.node, "a spec has one ingress, and the Ingress %s is another; next: add its hosts and paths to ingress", o.name)
			continue
		}
		made := draft.NewMap()
		c.hostsAndPaths(s, made, routes[s], o.node)
		c.ingressOptions(s, o, made)
		s.out.Keys.Set("ingress", made, o.node)
		c.alike(s, "labels", o.meta("labels"))
	}
}

func (c *conversion) ingressRule(rule *source.Node, found func(*service, route)) {
	host := ""
	c.keys(nil, rule, take{
		"host": func(n *source.Node) { host = n.Text },
		"http": func(n *source.Node) {
			paths := n.Get("paths")
			if !paths.Is(source.Sequence) {
				return
			}
			for _, item := range paths.Items {
				r := route{host: host, path: "/", from: item}
				var s *service
				c.keys(nil, item, take{
					"path":     func(n *source.Node) { r.path = n.Text },
					"pathType": func(n *source.Node) { r.exact = n.Text == "Exact" },
					"backend":  func(n *source.Node) { s, r.port = c.ingressBackend(n) },
				})
				if s == nil {
					c.lost(nil, item, "it leads to a Service that no workload here answers for; next: make an ingress for it by a manifest of your own")
					continue
				}
				found(s, r)
			}
		},
	})
}

// ingressBackend reads the Service that a path leads to: of networking.k8s.io/v1, or of the older API.
func (c *conversion) ingressBackend(n *source.Node) (*service, string) {
	name, port := n.Get("service", "name"), n.Get("service", "port", "name")
	if port == nil {
		port = n.Get("service", "port", "number")
	}
	if name == nil {
		name, port = n.Get("serviceName"), n.Get("servicePort")
	}
	s := c.byService(name)
	if s == nil || !port.Is(source.Scalar) {
		return s, ""
	}
	return s, s.servicePortName(port.Text)
}

// servicePortName returns the name in the spec of a port of the Service, by its name or number there.
func (s *service) servicePortName(text string) string {
	number, err := strconv.ParseInt(text, 10, 64)
	for _, p := range s.ports {
		if p.written == text || err == nil && p.service == number {
			return p.name
		}
	}
	return ""
}

// hostsAndPaths writes routes as hosts, each with the same paths. Others are reported.
func (c *conversion) hostsAndPaths(s *service, into *draft.Map, routes []route, from *source.Node) {
	var hosts []string
	paths := map[string][]route{}
	for _, r := range routes {
		if r.host == "" {
			c.lost(s, r.from, "a route without a host serves every host; next: say the hosts")
			continue
		}
		if !slices.Contains(hosts, r.host) {
			hosts = append(hosts, r.host)
		}
		paths[r.host] = append(paths[r.host], r)
	}
	if len(hosts) == 0 {
		return
	}
	first := paths[hosts[0]]
	kept := hosts[:1]
	for _, host := range hosts[1:] {
		if slices.EqualFunc(paths[host], first, func(a, b route) bool { return a.path == b.path && a.port == b.port && a.exact == b.exact }) {
			kept = append(kept, host)
			continue
		}
		c.lost(s, paths[host][0].from, "the hosts of a route have the same paths, and %s has others than %s; next: make a service of its own for it", host, hosts[0])
	}
	if len(kept) == 1 {
		into.Set("host", draft.Text(kept[0]), from)
	} else {
		into.Set("hosts", draft.Texts(kept...), from)
	}
	c.paths(s, into, first)
}

func (c *conversion) paths(s *service, into *draft.Map, routes []route) {
	if len(routes) == 1 && !routes[0].exact && (routes[0].port == "" || routes[0].port == "http") {
		if routes[0].path != "/" {
			into.Set("path", draft.Text(routes[0].path), routes[0].from)
		}
		return
	}
	paths := draft.NewMap()
	for _, r := range routes {
		port := r.port
		if port == "" {
			port = s.mainPort()
		}
		if paths.Has(r.path) {
			c.lost(s, r.from, "the path %s is there already: a spec says it once", r.path)
			continue
		}
		if !r.exact {
			paths.Set(r.path, draft.Text(port), r.from)
			continue
		}
		paths.Set(r.path, draft.NewMap().Set("port", draft.Text(port), r.from).Set("type", draft.Plain("Exact"), r.from), r.from)
	}
	into.Set("paths", paths, routes[0].from)
}

// ingressOptions carries class, TLS and annotations.
func (c *conversion) ingressOptions(s *service, o *object, into *draft.Map) {
	if class := o.spec("ingressClassName"); class.Is(source.Scalar) {
		into.Set("class", draft.Text(class.Text), class)
	}
	annotations := draft.NewMap()
	var issuer *source.Node
	if n := o.meta("annotations"); n.Is(source.Mapping) {
		for _, pair := range n.Pairs {
			text, ok := c.text(s, pair.Value)
			switch key := pair.Key.Text; {
			case !ok || s.everywhere("annotations", pair) || key == "cert-manager.io/common-name":
			case key == "cert-manager.io/cluster-issuer":
				issuer = pair.Value
			case key == "kubernetes.io/ingress.class":
				into.Set("class", draft.Text(text), pair.Value)
			default:
				annotations.Set(key, draft.Text(text), pair.Value)
			}
		}
	}
	if tls := o.spec("tls"); tls.Is(source.Sequence) && len(tls.Items) > 0 {
		made := draft.NewMap()
		if secret := tls.Items[0].Get("secretName"); secret.Is(source.Scalar) {
			made.Set("secret", draft.Text(secret.Text), secret)
			c.mention("Secret", secret.Text)
		}
		if issuer != nil {
			made.Set("issuer", draft.Text(issuer.Text), issuer)
		}
		into.Set("tls", made, tls)
		for _, more := range tls.Items[1:] {
			c.lost(s, more, "an ingress has one certificate for all its hosts; next: leave it out")
		}
	}
	if annotations.Len() > 0 {
		into.Set("annotations", annotations, o.meta("annotations"))
	}
}

// gateway carries an HTTPRoute or a GRPCRoute to the service that it leads to.
func (c *conversion) gateway(o *object) {
	var s *service
	made := draft.NewMap()
	var routes []route
	c.keys(nil, o.node, take{"apiVersion": same, "kind": same, "status": same, "metadata": same, "spec": func(n *source.Node) {
		c.keys(nil, n, take{
			"parentRefs": func(n *source.Node) { made.Set("parents", c.parents(n), n) },
			"hostnames":  same,
			"rules": func(n *source.Node) {
				for _, rule := range n.Items {
					s = c.routeRule(rule, s, func(r route) { routes = append(routes, r) })
				}
			},
		})
	}})
	if s == nil {
		return
	}
	o.placed = true
	if o.kind == "GRPCRoute" {
		made.Set("kind", draft.Plain("GRPC"), o.node)
	}
	if hosts := o.spec("hostnames"); hosts.Is(source.Sequence) && len(hosts.Items) == 1 {
		made.Set("host", draft.Text(hosts.Items[0].Text), hosts)
	} else if hosts.Is(source.Sequence) && len(hosts.Items) > 1 {
		made.Set("hosts", draft.Texts(c.texts(s, hosts)...), hosts)
	}
	if len(routes) > 0 {
		c.paths(s, made, routes)
	}
	if s.out.Keys.Has("gateway") {
		c.lost(s, o.node, "a spec has one route of the Gateway API, and %s is another; next: add its hosts and paths to gateway", o.name)
		return
	}
	s.out.Keys.Set("gateway", made, o.node)
	c.objectMetadata(s)(o.node.Get("metadata"))
}

func (c *conversion) parents(n *source.Node) draft.List {
	var list draft.List
	for _, item := range n.Items {
		parent := draft.NewMap()
		c.keys(nil, item, take{
			"name": c.setText(nil, parent, "name"), "namespace": c.setText(nil, parent, "namespace"), "sectionName": c.setText(nil, parent, "section"),
			"group": c.unless(nil, "a route belongs to a Gateway", "gateway.networking.k8s.io"), "kind": c.unless(nil, "a route belongs to a Gateway", "Gateway"),
			"port": c.not(nil, "a listener is named by its section"),
		})
		list = append(list, parent)
	}
	return list
}

// routeRule reads a rule that leads to one service.
func (c *conversion) routeRule(rule *source.Node, s *service, found func(route)) *service {
	port := ""
	c.keys(nil, rule, take{
		"matches": same,
		"name":    same,
		"backendRefs": func(n *source.Node) {
			for i, item := range n.Items {
				target := c.byService(item.Get("name"))
				switch {
				case target == nil || i > 0 || s != nil && target != s:
					c.lost(nil, item, "a route of a spec leads to its own service; next: make a route for the other service")
				default:
					s = target
					if number := item.Get("port"); number.Is(source.Scalar) {
						port = s.servicePortName(number.Text)
					}
				}
				if weight := item.Get("weight"); weight.Is(source.Scalar) && weight.Text != "1" {
					c.lost(s, weight, "a route of a spec leads to one service; next: leave it out")
				}
			}
		},
	})
	if s == nil {
		return nil
	}
	if matches := rule.Get("matches"); matches.Is(source.Sequence) && len(matches.Items) > 0 {
		for _, match := range matches.Items {
			c.routeMatch(s, match, port, found)
		}
		return s
	}
	found(route{path: "/", port: port, from: rule})
	return s
}

func (c *conversion) routeMatch(s *service, match *source.Node, port string, found func(route)) {
	r := route{path: "/", port: port, from: match}
	c.keys(s, match, take{
		"path": func(n *source.Node) {
			c.keys(s, n, take{
				"value": func(n *source.Node) { r.path = n.Text },
				"type": func(n *source.Node) {
					r.exact = n.Text == "Exact"
					if !r.exact && n.Text != "PathPrefix" {
						c.lost(s, n, "a path is a prefix or exact")
					}
				},
			})
		},
		"method": func(n *source.Node) {
			if n.Kind != source.Mapping {
				c.lost(s, n, "a route of a spec is found by its path")
				return
			}
			c.keys(s, n, take{"type": c.unless(s, "a method is said exactly", "Exact"),
				"service": func(name *source.Node) {
					r.path = "/" + name.Text
					if method := n.Get("method"); method.Is(source.Scalar) {
						r.path += "/" + method.Text
					}
				}, "method": same})
		},
	})
	found(r)
}
