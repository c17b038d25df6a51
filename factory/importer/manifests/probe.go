package manifests

import (
	"github.com/helm-chart-factory/factory/factory/importer/draft"
	"github.com/helm-chart-factory/factory/factory/importer/source"
)

// probe carries one check with its timings, those left out that are Kubernetes' own.
func (c *conversion) probe(s *service, n *source.Node, into *draft.Map, key string, main bool) {
	made := draft.NewMap()
	c.keys(s, n, take{
		"httpGet":   func(n *source.Node) { c.httpGet(s, n, made, main) },
		"tcpSocket": func(n *source.Node) { c.tcpSocket(s, n, made, main) },
		"exec":      func(n *source.Node) { c.exec(s, n, made) },
		"grpc": func(n *source.Node) {
			grpc := draft.NewMap()
			c.keys(s, n, take{
				"port": func(n *source.Node) { grpc.Set("port", draft.Text(c.portNamed(s, n, main)), n) },
				"service": func(n *source.Node) {
					if text, ok := c.text(s, n); ok && text != "" {
						grpc.Set("service", draft.Text(text), n)
					}
				},
			})
			made.Set("grpc", grpc, n)
		},
		"initialDelaySeconds":           c.setSeconds(s, made, "delay", 0),
		"periodSeconds":                 c.setSeconds(s, made, "period", 10),
		"timeoutSeconds":                c.setSeconds(s, made, "timeout", 1),
		"failureThreshold":              c.setNumber(s, made, "failures", 3),
		"successThreshold":              c.setNumber(s, made, "successes", 1),
		"terminationGracePeriodSeconds": c.not(s, "a container that fails its check has the pod's grace period; next: say gracePeriod"),
	})
	if path, short := made.Get("http").(draft.Text); short && made.Len() == 1 {
		into.At("health", n).Set(key, path, n)
		return
	}
	into.At("health", n).Set(key, made, n)
}

func (c *conversion) exec(s *service, n *source.Node, made *draft.Map) {
	c.keys(s, n, take{"command": func(n *source.Node) { made.Set("exec", draft.Texts(c.texts(s, n)...), n) }})
}

// httpGet carries a request. The short form is the path on the main port.
func (c *conversion) httpGet(s *service, n *source.Node, made *draft.Map, main bool) {
	http, path, port := draft.NewMap(), "/", ""
	var at *source.Node
	c.keys(s, n, take{
		"path": func(n *source.Node) { path, _ = c.text(s, n) },
		"port": func(n *source.Node) { port, at = c.portNamed(s, n, main), n },
		"scheme": func(n *source.Node) {
			if text, ok := c.text(s, n); ok && text != "HTTP" {
				http.Set("scheme", draft.Plain(text), n)
			}
		},
		"host": c.not(s, "the check asks the pod itself; next: send the host along under headers"),
		"httpHeaders": func(n *source.Node) {
			headers := draft.NewMap()
			for _, item := range n.Items {
				if name := item.Get("name"); name.Is(source.Scalar) && item.Get("value").Is(source.Scalar) {
					headers.Set(name.Text, draft.Text(item.Get("value").Text), item)
				}
			}
			http.Set("headers", headers, n)
		},
	})
	if path == "" {
		path = "/"
	}
	if http.Len() == 0 && (port == s.mainPort() && main || port == "") {
		made.Set("http", draft.Text(path), n)
		return
	}
	long := draft.NewMap().Set("path", draft.Text(path), n)
	if port != "" && (port != s.mainPort() || !main) {
		long.Set("port", draft.Text(port), at)
	}
	for _, key := range http.Keys() {
		long.Set(key, http.Get(key), http.From(key))
	}
	made.Set("http", long, n)
}

func (c *conversion) tcpSocket(s *service, n *source.Node, made *draft.Map, main bool) {
	c.keys(s, n, take{
		"port": func(n *source.Node) { made.Set("tcp", draft.Text(c.portNamed(s, n, main)), n) },
		"host": c.not(s, "the check asks the pod itself; next: leave it out"),
	})
}
