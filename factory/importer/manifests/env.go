package manifests

import (
	"slices"

	"github.com/helm-chart-factory/factory/factory/importer/draft"
	"github.com/helm-chart-factory/factory/factory/importer/source"
)

// variable is a variable of a container, in the order of the source: a text, or what it refers to.
type variable struct {
	name  string
	value string
	refer *draft.Map
	from  *source.Node
}

// environment carries the variables of a container. Those of the service's own are written when all services are known.
func (c *conversion) environment(s *service, n *source.Node, into *draft.Map, main bool) {
	var list []*variable
	for _, item := range n.Items {
		if v := c.variable(s, item); v != nil {
			list = append(list, v)
		}
	}
	if main {
		s.env = override(s.env, list)
		return
	}
	env, _ := into.Get("env").(*draft.Map)
	if env == nil {
		env = draft.NewMap()
	}
	for _, v := range list {
		env.Set(v.name, v.draft(draft.Unreferenced(v.value)), v.from)
	}
	if env.Len() > 0 {
		into.Set("env", env, n)
	}
}

// override lays variables over others: the later ones win, and stand behind.
func override(below, over []*variable) []*variable {
	kept := slices.DeleteFunc(slices.Clone(below), func(v *variable) bool {
		return slices.ContainsFunc(over, func(o *variable) bool { return o.name == v.name })
	})
	return append(kept, over...)
}

func (v *variable) draft(text string) draft.Value {
	if v.refer != nil {
		return v.refer
	}
	return draft.Text(text)
}

// variable reads one entry of env.
func (c *conversion) variable(s *service, n *source.Node) *variable {
	name := n.Get("name")
	if !name.Is(source.Scalar) {
		c.lost(s, n, "a variable needs its name")
		return nil
	}
	v := &variable{name: name.Text, from: n}
	ok := true
	c.keys(s, n, take{
		"name":  same,
		"value": func(n *source.Node) { v.value, ok = c.text(s, n) },
		"valueFrom": func(n *source.Node) {
			ok = false
			c.keys(s, n, take{
				"secretKeyRef":     func(n *source.Node) { v.refer, ok = c.keyReference(s, n, "Secret") },
				"configMapKeyRef":  func(n *source.Node) { ok = c.configValue(s, n, v) },
				"fieldRef":         func(n *source.Node) { v.refer, ok = c.fieldReference(s, n) },
				"resourceFieldRef": func(n *source.Node) { v.refer, ok = c.resourceReference(s, n) },
			})
		},
	})
	if !ok {
		return nil
	}
	if v.refer == nil && draft.HoldsSecret(v.name, v.value) {
		key := c.kept.Key(s.name, v.name, v.value, n)
		v.refer = draft.NewMap().Set("secret", draft.Text(c.kept.Name()), n).Set("key", draft.Text(key), n)
	}
	return v
}

// keyReference carries a key of a Secret or a ConfigMap of the cluster.
func (c *conversion) keyReference(s *service, n *source.Node, kind string) (*draft.Map, bool) {
	made := draft.NewMap()
	name, key := n.Get("name"), n.Get("key")
	if !name.Is(source.Scalar) || !key.Is(source.Scalar) {
		c.lost(s, n, "it needs the name of the %s and the key", kind)
		return nil, false
	}
	made.Set(map[string]string{"Secret": "secret", "ConfigMap": "configMap"}[kind], draft.Text(name.Text), name).Set("key", draft.Text(key.Text), key)
	c.keys(s, n, take{"name": same, "key": same, "optional": c.setBool(s, made, "optional", false)})
	c.mention(kind, name.Text)
	return made, true
}

// configValue writes the value of a ConfigMap among the manifests out; another one is referred to.
func (c *conversion) configValue(s *service, n *source.Node, v *variable) bool {
	name, key := n.Get("name"), n.Get("key")
	if name.Is(source.Scalar) && key.Is(source.Scalar) {
		if o := c.find("ConfigMap", name.Text); o != nil {
			if value := o.node.Get("data", key.Text); value.Is(source.Scalar) {
				v.value = draft.Unexpanded(value.Text)
				o.used(key.Text)
				return true
			}
		}
	}
	var ok bool
	v.refer, ok = c.keyReference(s, n, "ConfigMap")
	return ok
}

func (c *conversion) fieldReference(s *service, n *source.Node) (*draft.Map, bool) {
	made := draft.NewMap()
	c.keys(s, n, take{"fieldPath": c.setText(s, made, "field"), "apiVersion": same})
	return made, made.Len() > 0
}

func (c *conversion) resourceReference(s *service, n *source.Node) (*draft.Map, bool) {
	made := draft.NewMap()
	c.keys(s, n, take{
		"resource": c.setText(s, made, "resource"),
		"divisor":  func(n *source.Node) { made.Set("divisor", draft.Plain(n.Text), n) },
		"containerName": func(n *source.Node) {
			if own := s.main.Get("name"); own == nil || own.Text != n.Text {
				c.lost(s, n, "a variable reads the resources of its own container; next: write the value out")
			}
		},
	})
	if made.Get("divisor") == draft.Plain("0") {
		made.Drop("divisor")
	}
	return made, made.Has("resource")
}

// envFrom writes the values of a ConfigMap among the manifests out; others, and Secrets, are referred to.
func (c *conversion) envFrom(s *service, n *source.Node, into *draft.Map, main bool) {
	var list draft.List
	for _, item := range n.Items {
		prefix := ""
		if p := item.Get("prefix"); p.Is(source.Scalar) {
			prefix = p.Text
		}
		made := draft.NewMap()
		c.keys(s, item, take{
			"prefix": same,
			"configMapRef": func(n *source.Node) {
				if name := n.Get("name"); main && name.Is(source.Scalar) && c.writtenOut(s, name.Text, prefix, item) {
					return
				}
				c.wholeReference(s, n, made, "ConfigMap")
			},
			"secretRef": func(n *source.Node) { c.wholeReference(s, n, made, "Secret") },
		})
		if made.Len() == 0 {
			continue
		}
		if prefix != "" {
			made.Set("prefix", draft.Text(prefix), item.Get("prefix"))
		}
		list = append(list, made)
	}
	if len(list) > 0 {
		into.Set("envFrom", list, n)
	}
}

func (c *conversion) wholeReference(s *service, n *source.Node, made *draft.Map, kind string) {
	c.keys(s, n, take{
		"name": func(n *source.Node) {
			made.Set(map[string]string{"Secret": "secret", "ConfigMap": "configMap"}[kind], draft.Text(n.Text), n)
			c.mention(kind, n.Text)
		},
		"optional": c.setBool(s, made, "optional", false),
	})
}

// writtenOut turns a ConfigMap into variables; what env says itself wins over them.
func (c *conversion) writtenOut(s *service, name, prefix string, from *source.Node) bool {
	o := c.find("ConfigMap", name)
	if o == nil || !o.node.Get("data").Is(source.Mapping) {
		return false
	}
	var list []*variable
	for _, pair := range o.node.Get("data").Pairs {
		if pair.Value.Kind != source.Scalar {
			continue
		}
		v := &variable{name: prefix + pair.Key.Text, value: draft.Unexpanded(pair.Value.Text), from: pair.Value}
		if draft.HoldsSecret(v.name, v.value) {
			key := c.kept.Key(s.name, v.name, v.value, pair.Value)
			v.refer = draft.NewMap().Set("secret", draft.Text(c.kept.Name()), from).Set("key", draft.Text(key), from)
		}
		o.used(pair.Key.Text)
		list = append(list, v)
	}
	s.env = override(list, s.env)
	return true
}

// command carries a list of words, which are in Kubernetes' own form already. Those of the service's own container get their
// references when all services are known.
func (c *conversion) command(s *service, n *source.Node, into *draft.Map, key string, main bool) {
	list := draft.List{}
	for _, word := range c.texts(s, n) {
		if !main {
			word = draft.Unreferenced(word)
		}
		list = append(list, draft.Text(word))
	}
	into.Set(key, list, n)
}
