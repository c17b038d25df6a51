package manifests

import (
	"slices"
	"strings"
	"time"

	"github.com/helm-chart-factory/factory/factory/importer/draft"
	"github.com/helm-chart-factory/factory/factory/importer/source"
)

// The objects of cert-manager, Istio, the Prometheus operator and External Secrets are taken when keys of a spec say all of them; any
// other one is carried as it is.

// exactly reads a mapping and tells whether nothing but these keys is in it.
func exactly(n *source.Node, takers take) bool {
	if !n.Is(source.Mapping) {
		return false
	}
	for _, pair := range n.Pairs {
		taker, known := takers[pair.Key.Text]
		if !known {
			return false
		}
		if !empty(pair.Value) {
			taker(pair.Value)
		}
	}
	return true
}

// textItems returns the items of a list of texts, and whether it is one.
func textItems(n *source.Node) ([]string, bool) {
	var list []string
	for _, item := range n.Items {
		if item.Kind != source.Scalar {
			return nil, false
		}
		list = append(list, item.Text)
	}
	return list, n.Kind == source.Sequence
}

// ownerOf returns the service that an object says it belongs to, by a label or by its name; nil when it says none.
func (c *conversion) ownerOf(o *object) *service {
	if len(c.services) == 0 {
		return nil
	}
	s := c.owner(o)
	own := labels(o.meta("labels"))
	if o.name == s.name || strings.HasPrefix(o.name, s.name+"-") || own["app.kubernetes.io/name"] == s.name || own["app"] != "" && own["app"] == s.labels["app"] {
		return s
	}
	return nil
}

// setLength writes a key when a text is a length of time that a spec can say.
func setLength(into *draft.Map, key string, n *source.Node) bool {
	d, err := time.ParseDuration(n.Text)
	if err != nil || d < 0 || d%time.Second != 0 {
		return false
	}
	into.Set(key, draft.Plain(seconds(int64(d/time.Second))), n)
	return true
}

// place gives a service what was made of an object, and takes the object's labels and annotations as those of all objects.
func (c *conversion) place(s *service, o *object) {
	o.placed = true
	if metadata := o.node.Get("metadata"); metadata.Is(source.Mapping) {
		c.objectMetadata(s)(metadata)
	}
}

// mutualTLS takes Istio's PeerAuthentication of one service.
func (c *conversion) mutualTLS(o *object) {
	selected := c.selected(o.spec("selector"))
	var mode *source.Node
	fits := exactly(o.spec(), take{
		"selector": same,
		"mtls":     func(n *source.Node) { mode = n.Get("mode") },
	})
	if !fits || len(selected) != 1 || unsaid(o.spec("selector")) || !mode.Is(source.Scalar) || selected[0].out.Keys.Has("mtls") {
		return
	}
	selected[0].out.Keys.Set("mtls", draft.Plain(mode.Text), mode)
	c.place(selected[0], o)
}

// alerts takes a PrometheusRule that holds alerts only.
func (c *conversion) alerts(o *object) {
	s := c.ownerOf(o)
	groups := o.spec("groups")
	if s == nil || !groups.Is(source.Sequence) || s.out.Keys.Has("alerts") || !s.monitoredBy(o) {
		return
	}
	alerts := draft.NewMap()
	for _, group := range groups.Items {
		fits := exactly(group, take{"name": same, "rules": same})
		rules := group.Get("rules")
		if !fits || !rules.Is(source.Sequence) {
			return
		}
		for _, rule := range rules.Items {
			name, alert := c.alert(rule)
			if alert == nil || alerts.Has(name) {
				return
			}
			alerts.Set(name, alert, rule)
		}
	}
	if alerts.Len() == 0 {
		return
	}
	s.out.Keys.Set("alerts", alerts, o.node)
	o.placed = true
	c.alike(s, "annotations", o.meta("annotations"))
}

// monitoredBy tells whether the labels of an object for Prometheus are those that the service says for its monitor.
func (s *service) monitoredBy(o *object) bool {
	said := draft.NewMap()
	if metrics, ok := s.out.Keys.Get("metrics").(*draft.Map); ok {
		if monitor, ok := metrics.Get("monitor").(*draft.Map); ok {
			if own, ok := monitor.Get("labels").(*draft.Map); ok {
				said = own
			}
		}
	}
	n := o.meta("labels")
	if n == nil {
		return true
	}
	for _, pair := range n.Pairs {
		if !s.everywhere("labels", pair) && said.Get(pair.Key.Text) != draft.Text(pair.Value.Text) || pair.Key.Text == "release" && said.Get("release") == nil {
			return false
		}
	}
	return true
}

// alert reads one rule; nil when a spec cannot say all of it.
func (c *conversion) alert(rule *source.Node) (name string, alert *draft.Map) {
	alert = draft.NewMap()
	fits := true
	texts := func(key string, own ...string) func(*source.Node) {
		return func(n *source.Node) {
			rest := draft.NewMap()
			for _, pair := range n.Pairs {
				fits = fits && pair.Value.Kind == source.Scalar
				if slices.Contains(own, pair.Key.Text) {
					alert.Set(pair.Key.Text, draft.Text(pair.Value.Text), pair.Value)
				} else {
					rest.Set(pair.Key.Text, draft.Text(pair.Value.Text), pair.Value)
				}
			}
			if rest.Len() > 0 {
				alert.Set(key, rest, n)
			}
		}
	}
	known := exactly(rule, take{
		"alert":       func(n *source.Node) { name = n.Text },
		"expr":        func(n *source.Node) { alert.Set("expr", draft.Text(n.Text), n) },
		"for":         func(n *source.Node) { fits = fits && setLength(alert, "for", n) },
		"labels":      texts("labels", "severity"),
		"annotations": texts("annotations", "summary", "description"),
	})
	if !known || !fits || name == "" || !alert.Has("expr") {
		return "", nil
	}
	return name, alert
}

// certificate takes a Certificate of cert-manager from a ClusterIssuer.
func (c *conversion) certificate(o *object) {
	s := c.ownerOf(o)
	if s == nil {
		return
	}
	made := draft.NewMap()
	var hosts []string
	commonName, fits := "", true
	list := func(n *source.Node) {
		items, ok := textItems(n)
		fits = fits && ok
		hosts = append(hosts, items...)
	}
	issuer := o.spec("issuerRef")
	known := exactly(o.spec(), take{
		"secretName":  func(n *source.Node) { made.Set("secret", draft.Text(n.Text), n) },
		"dnsNames":    list,
		"ipAddresses": list,
		"commonName":  func(n *source.Node) { commonName = n.Text },
		"duration":    func(n *source.Node) { fits = fits && setLength(made, "duration", n) },
		"renewBefore": func(n *source.Node) { fits = fits && setLength(made, "renewBefore", n) },
		"usages":      func(n *source.Node) { made.Set("usages", draft.Raw(n), n) },
		"issuerRef": func(n *source.Node) {
			kind := n.Get("kind")
			fits = fits && kind.Is(source.Scalar) && kind.Text == "ClusterIssuer" && n.Get("name").Is(source.Scalar)
		},
	})
	if !known || !fits || issuer == nil || len(hosts) == 0 || commonName != "" && commonName != hosts[0] {
		return
	}
	made.Set("hosts", draft.Texts(hosts...), o.spec("dnsNames")).Set("issuer", draft.Text(issuer.Get("name").Text), issuer)
	name := draft.Label(strings.TrimPrefix(o.name, s.name+"-"), 52)
	if certificates := s.out.Keys.At("certificates", o.node); !certificates.Has(name) {
		certificates.Set(name, made, o.node)
		c.place(s, o)
	}
}

// externalSecret takes an ExternalSecret that fills the Secret with the name of a service.
func (c *conversion) externalSecret(o *object) {
	i := slices.IndexFunc(c.services, func(s *service) bool { return s.name == o.name })
	target := o.spec("target")
	if i < 0 || c.services[i].out.Keys.Has("secrets") {
		return
	}
	s, made, fits := c.services[i], draft.NewMap(), true
	store, refresh := o.spec("secretStoreRef"), o.spec("refreshInterval")
	known := exactly(o.spec(), take{
		"refreshInterval": same,
		"secretStoreRef":  same,
		"target": func(n *source.Node) {
			own := exactly(n, take{
				"name":           func(n *source.Node) { fits = fits && n.Text == s.name },
				"creationPolicy": func(n *source.Node) { fits = fits && n.Text == "Owner" },
			})
			fits = fits && own
		},
		"data": func(n *source.Node) {
			for _, item := range n.Items {
				key, external := item.Get("secretKey"), externalValue(item, store, refresh)
				if external == nil || !key.Is(source.Scalar) {
					fits = false
					return
				}
				made.Set(key.Text, draft.NewMap().Set("external", external, item), item)
			}
		},
	})
	if !known || !fits || made.Len() == 0 || target == nil {
		return
	}
	s.out.Keys.Set("secrets", made, o.node)
	c.place(s, o)
}

// externalValue reads one value of an ExternalSecret; nil when a spec cannot say all of it.
func externalValue(item, store, refresh *source.Node) *draft.Map {
	made := draft.NewMap()
	remote := item.Get("remoteRef")
	name := store.Get("name")
	if !exactly(item, take{"secretKey": same, "remoteRef": same}) || !name.Is(source.Scalar) {
		return nil
	}
	made.Set("store", draft.Text(name.Text), name)
	if kind := store.Get("kind"); kind.Is(source.Scalar) && kind.Text != "SecretStore" {
		made.Set("storeKind", draft.Plain(kind.Text), kind)
	}
	fits := exactly(remote, take{
		"key":      func(n *source.Node) { made.Set("key", draft.Text(n.Text), n) },
		"property": func(n *source.Node) { made.Set("property", draft.Text(n.Text), n) },
	})
	if refresh.Is(source.Scalar) && !setLength(made, "refresh", refresh) || !fits || !made.Has("key") {
		return nil
	}
	if made.Get("refresh") == draft.Plain("1h") {
		made.Drop("refresh")
	}
	return made
}
