package manifests

import (
	"github.com/helm-chart-factory/factory/factory/importer/draft"
	"github.com/helm-chart-factory/factory/factory/importer/source"
)

// serviceObjects notes which Services are those of specs, and reports what else selects the same pods.
func (c *conversion) serviceObjects() {
	for _, s := range c.services {
		if s.object != nil {
			s.object.placed = true
		}
	}
	for _, o := range c.objects {
		if o.placed || !o.is("Service") {
			continue
		}
		for _, s := range c.services {
			if selects(o.spec("selector"), s.labels) {
				o.placed = true
				c.changed(s, o.node, "a spec has one Service, %s: what calls %s by its name has to call that one", s.name, o.name)
				break
			}
		}
	}
}

// serviceObject carries what a Service says beside its ports.
func (c *conversion) serviceObject(s *service) {
	if s.object == nil {
		return
	}
	made := draft.NewMap()
	c.keys(s, s.object.node, take{
		"apiVersion": same, "kind": same, "status": same,
		"metadata": func(n *source.Node) {
			c.keys(s, n, take{
				"name": same, "namespace": same, "uid": same, "resourceVersion": same, "generation": same, "creationTimestamp": same, "managedFields": same, "selfLink": same,
				"ownerReferences": same,
				"finalizers":      c.not(s, "a chart sets no finalizers; next: leave it out"),
				"labels":          func(n *source.Node) { c.plainLabels(s, n, made, "labels") },
				"annotations":     func(n *source.Node) { c.plainAnnotations(s, n, made, "annotations") },
			})
		},
		"spec": func(n *source.Node) { c.serviceSpec(s, n, made) },
	})
	if made.Len() > 0 {
		s.out.Keys.Set("service", made, s.object.node)
	}
}

func (c *conversion) serviceSpec(s *service, n *source.Node, made *draft.Map) {
	c.keys(s, n, take{
		"ports": same, "selector": same, "clusterIPs": same, "ipFamilies": same, "ipFamilyPolicy": c.unless(s, "the cluster's own families hold; next: leave it out", "SingleStack"),
		"type": func(n *source.Node) {
			if text, ok := c.text(s, n); ok && text != "ClusterIP" {
				made.Set("type", draft.Plain(text), n)
			}
		},
		"clusterIP": func(n *source.Node) {
			if n.Text == "None" {
				made.Set("headless", draft.Bool(true), n)
			} // another one was given out by the cluster
		},
		"sessionAffinity": func(n *source.Node) {
			if text, ok := c.text(s, n); ok && text == "ClientIP" {
				made.Set("sessionAffinity", draft.Bool(true), n)
			}
		},
		"sessionAffinityConfig": func(n *source.Node) {
			timeout := draft.NewMap()
			if seconds := n.Get("clientIP", "timeoutSeconds"); seconds.Is(source.Scalar) {
				c.setSeconds(s, timeout, "timeout", 10800)(seconds)
			}
			if timeout.Len() > 0 {
				made.Set("sessionAffinity", timeout, n)
			}
		},
		"externalTrafficPolicy":         c.wordUnless(s, made, "externalTrafficPolicy", "Cluster"),
		"internalTrafficPolicy":         c.unless(s, "calls go to every pod; next: leave it out", "Cluster"),
		"loadBalancerClass":             c.setText(s, made, "loadBalancerClass"),
		"publishNotReadyAddresses":      c.setBool(s, made, "publishNotReady", false),
		"allocateLoadBalancerNodePorts": c.unless(s, "a load balancer gets ports of the nodes; next: leave it out", "true"),
		"loadBalancerSourceRanges":      c.not(s, "who may call is a matter of the network policy; next: say network: {from: [{cidr: …}]}"),
		"loadBalancerIP":                c.not(s, "an address is asked for by an annotation of the provider; next: say service.annotations"),
		"externalIPs":                   c.not(s, "a spec gives no addresses of its own; next: say service: {type: LoadBalancer}"),
		"trafficDistribution":           c.not(s, "calls go to every pod; next: leave it out"),
		"healthCheckNodePort":           same,
	})
}

func (c *conversion) wordUnless(s *service, into *draft.Map, key, usual string) func(*source.Node) {
	return func(n *source.Node) {
		if text, ok := c.text(s, n); ok && text != usual {
			into.Set(key, draft.Plain(text), n)
		}
	}
}

// plainLabels carries the labels of an object that has a place of its own for them in a spec.
func (c *conversion) plainLabels(s *service, n *source.Node, into *draft.Map, key string) {
	kept := draft.NewMap()
	for _, pair := range n.Pairs {
		if text, ok := c.text(s, pair.Value); ok && !s.everywhere("labels", pair) {
			kept.Set(pair.Key.Text, draft.Text(text), pair.Value)
		}
	}
	if kept.Len() > 0 {
		into.Set(key, kept, n)
	}
}

// plainAnnotations is plainLabels for annotations.
func (c *conversion) plainAnnotations(s *service, n *source.Node, into *draft.Map, key string) {
	kept := draft.NewMap()
	for _, pair := range n.Pairs {
		if text, ok := c.text(s, pair.Value); ok && !s.everywhere("annotations", pair) {
			kept.Set(pair.Key.Text, draft.Text(text), pair.Value)
		}
	}
	if kept.Len() > 0 {
		into.Set(key, kept, n)
	}
}
