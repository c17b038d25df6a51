package manifests

import (
	"slices"
	"strings"

	"github.com/helm-chart-factory/factory/factory/importer/draft"
	"github.com/helm-chart-factory/factory/factory/importer/source"
)

// attach carries the objects that belong to services.
func (c *conversion) attach() {
	for _, s := range c.services {
		c.serviceObject(s)
	}
	kinds := []struct {
		kind string
		take func(*object)
	}{
		{"Ingress", c.ingress}, {"HTTPRoute.gateway.networking.k8s.io", c.gateway}, {"GRPCRoute.gateway.networking.k8s.io", c.gateway},
		{"HorizontalPodAutoscaler", c.autoscaler}, {"PodDisruptionBudget", c.budget}, {"NetworkPolicy", c.networkPolicy},
		{"ServiceMonitor.monitoring.coreos.com", c.monitor}, {"PodMonitor.monitoring.coreos.com", c.monitor},
		{"PrometheusRule.monitoring.coreos.com", c.alerts}, {"PeerAuthentication.security.istio.io", c.mutualTLS},
		{"Certificate.cert-manager.io", c.certificate}, {"ExternalSecret.external-secrets.io", c.externalSecret},
		{"Pod", c.testPod},
	}
	for _, k := range kinds {
		for _, o := range c.objects {
			if !o.placed && o.is(k.kind) {
				k.take(o)
			}
		}
	}
	c.accounts()
}

func isChartLabel(key string) bool { return slices.Contains(chartLabels, key) }

// isToolAnnotation tells whether kubectl, Helm or the cluster wrote an annotation.
func isToolAnnotation(key string) bool {
	for _, start := range []string{"kubectl.kubernetes.io/", "deployment.kubernetes.io/", "meta.helm.sh/", "batch.kubernetes.io/", "checksum/"} {
		if strings.HasPrefix(key, start) {
			return true
		}
	}
	return false
}

// objectMetadata reports the labels and annotations of an object that has no place of its own for them. Those of the workload are
// on every object.
func (c *conversion) objectMetadata(s *service) func(*source.Node) {
	return func(n *source.Node) {
		c.alike(s, "labels", n.Get("labels"))
		c.alike(s, "annotations", n.Get("annotations"))
	}
}

// alike reports what an object has in one of these sections and other objects have not.
func (c *conversion) alike(s *service, section string, values *source.Node) {
	if !values.Is(source.Mapping) {
		return
	}
	for _, pair := range values.Pairs {
		if !s.everywhere(section, pair) {
			c.lost(s, pair.Value, "a spec puts %s on all its objects alike; next: say %s", section, section)
		}
	}
}

// everywhere tells whether a label or an annotation is on every object of the chart: the chart's own, those of tools, and the
// workload's.
func (s *service) everywhere(section string, pair source.Pair) bool {
	key := pair.Key.Text
	if isChartLabel(key) || isToolAnnotation(key) || strings.HasPrefix(key, "helm.sh/hook") {
		return true
	}
	own, _ := s.out.Keys.Get(section).(*draft.Map)
	return own != nil && own.Get(key) == draft.Text(pair.Value.Text)
}

// autoscaler carries a HorizontalPodAutoscaler of any version.
func (c *conversion) autoscaler(o *object) {
	s := c.byWorkload(o.spec("scaleTargetRef"))
	if s == nil {
		return
	}
	o.placed = true
	made := draft.NewMap()
	c.keys(s, o.node, take{"apiVersion": same, "kind": same, "status": same, "metadata": c.objectMetadata(s), "spec": func(n *source.Node) {
		c.keys(s, n, take{
			"scaleTargetRef":                 same,
			"minReplicas":                    c.setNumber(s, made, "min", -1),
			"maxReplicas":                    c.setNumber(s, made, "max", -1),
			"targetCPUUtilizationPercentage": c.setNumber(s, made, "cpu", -1),
			"behavior":                       c.setRaw(made, "behavior"),
			"metrics":                        func(n *source.Node) { c.scaleMetrics(s, n, made) },
		})
	}})
	if !made.Has("min") {
		made.Set("min", draft.Number(1), o.node)
	}
	s.out.Keys.Drop("replicas")
	s.out.Keys.Set("autoscale", made, o.node)
}

func (c *conversion) scaleMetrics(s *service, n *source.Node, made *draft.Map) {
	var raw draft.List
	for _, item := range n.Items {
		name, percent := item.Get("resource", "name"), item.Get("resource", "target", "averageUtilization")
		if percent == nil {
			percent = item.Get("resource", "targetAverageUtilization")
		}
		if name.Is(source.Scalar) && percent.Is(source.Scalar) && (name.Text == "cpu" || name.Text == "memory") {
			c.setNumber(s, made, name.Text, -1)(percent)
			continue
		}
		raw = append(raw, draft.Raw(item))
	}
	if len(raw) > 0 {
		made.Set("metrics", raw, n)
	}
}

func (c *conversion) budget(o *object) {
	selected := c.selected(o.spec("selector"))
	if len(selected) != 1 {
		return
	}
	s := selected[0]
	o.placed = true
	made := draft.NewMap()
	c.keys(s, o.node, take{"apiVersion": same, "kind": same, "status": same, "metadata": c.objectMetadata(s), "spec": func(n *source.Node) {
		c.keys(s, n, take{"selector": same, "minAvailable": c.setRaw(made, "minAvailable"), "maxUnavailable": c.setRaw(made, "maxUnavailable"),
			"unhealthyPodEvictionPolicy": c.unless(s, "pods that are not ready may always be evicted; next: leave it out", "AlwaysAllow")})
	}})
	s.out.Keys.Set("budget", made, o.node)
}

// monitor carries a ServiceMonitor or a PodMonitor of the Prometheus operator.
func (c *conversion) monitor(o *object) {
	var s *service
	for _, candidate := range c.services {
		own := candidate.labels
		if o.kind == "ServiceMonitor" {
			if candidate.object == nil {
				continue
			}
			own = labels(candidate.object.meta("labels"))
		}
		if selectsBy(o.spec("selector"), own) {
			if s != nil {
				return // it is about several: it is carried as it is
			}
			s = candidate
		}
	}
	endpoints := o.spec("endpoints")
	if endpoints == nil {
		endpoints = o.spec("podMetricsEndpoints")
	}
	if s == nil || !endpoints.Is(source.Sequence) || len(endpoints.Items) != 1 {
		return
	}
	o.placed = true
	c.alike(s, "annotations", o.meta("annotations"))
	c.keys(s, o.spec(), take{"selector": same, "endpoints": same, "podMetricsEndpoints": same,
		"namespaceSelector": func(n *source.Node) {
			if names := n.Get("matchNames"); !names.Is(source.Sequence) || len(names.Items) != 1 || names.Items[0].Text != c.project.Namespace {
				c.lost(s, n, "a spec's monitor looks into the namespace of the release; next: leave it out")
			}
		}})
	metrics, monitor := draft.NewMap(), draft.NewMap()
	c.keys(s, endpoints.Items[0], take{
		"path": c.setText(s, metrics, "path"),
		"port": func(n *source.Node) {
			if name := s.servicePortName(n.Text); name != "" && name != s.mainPort() {
				metrics.Set("port", draft.Text(name), n)
			}
		},
		"interval":      c.setText(s, monitor, "interval"),
		"scrapeTimeout": c.setText(s, monitor, "timeout"),
		"scheme":        c.unless(s, "metrics are asked for by HTTP", "http"),
	})
	if n := o.meta("labels"); n.Is(source.Mapping) {
		for _, pair := range n.Pairs { // release is what the operator often selects by
			if !s.everywhere("labels", pair) || pair.Key.Text == "release" {
				monitor.At("labels", n).Set(pair.Key.Text, draft.Text(pair.Value.Text), pair.Value)
			}
		}
	}
	if monitor.Len() == 0 {
		metrics.Set("monitor", draft.Bool(true), o.node)
	} else {
		metrics.Set("monitor", monitor, o.node)
	}
	s.out.Keys.Set("metrics", metrics, o.node)
	s.scraped = nil
}
