package compose

import (
	"strings"

	"github.com/helm-chart-factory/factory/factory/importer/draft"
	"github.com/helm-chart-factory/factory/factory/importer/source"
	"github.com/helm-chart-factory/factory/factory/spec"
)

// dependsOn turns start order into needs, which promise none.
func (c *conversion) dependsOn(s *service, n *source.Node) {
	for _, pair := range c.namedTexts(s, n) {
		target := c.called(pair.Key.Text)
		at := pair.Value
		condition := pair.Value.Get("condition")
		switch {
		case target == nil && pair.Value.Get("required") != nil && pair.Value.Get("required").Text == "false":
		case target == nil:
			c.lost(s, at, "there is no service %q here; next: import it too, or leave it out", source.Shorten(pair.Key.Text))
		case target == s:
			c.lost(s, at, "a service cannot need itself")
		case condition.Is(source.Scalar) && condition.Text == "service_completed_successfully":
			target.once = true
			c.lost(s, at, "the release does not wait for %s to end; next: make it a hook (hook: {on: [pre-install, pre-upgrade]}), or let the program wait", target.name)
		default:
			if !s.calls(target) {
				s.needs = append(s.needs, need{target, at})
			}
			if condition.Is(source.Scalar) && condition.Text == "service_healthy" {
				c.changed(s, condition, "needs promises no start order: calls fail until %s is ready; next: let the program try again", target.name)
			}
			if pair.Value.Get("restart").Is(source.Scalar) && pair.Value.Get("restart").Text == "true" {
				c.lost(s, pair.Value.Get("restart"), "a service does not restart with what it needs; next: let the program connect again")
			}
		}
	}
}

// called returns the service with that key.
func (c *conversion) called(key string) *service {
	for _, s := range c.services {
		if s.key == key {
			return s
		}
	}
	return nil
}

// links are older words for a call by another name.
func (c *conversion) links(s *service, n *source.Node) {
	c.each(s, n, func(item *source.Node) {
		text, ok := c.text(s, item)
		if !ok {
			return
		}
		name, alias, aliased := strings.Cut(text, ":")
		target := c.called(name)
		if target == nil {
			c.lost(s, item, "there is no service %q here; next: import it too, or leave it out", source.Shorten(name))
			return
		}
		if target != s && !s.calls(target) {
			s.needs = append(s.needs, need{target, item})
		}
		if aliased && alias != name {
			if c.byAlias[alias] == nil {
				c.byAlias[alias] = target
			}
			c.changed(s, item, "the other name %s is replaced by %s where env and command say it; next: replace it in files of configuration", alias, target.name)
		}
	})
}

// networks: the cluster has one network, and needs says who may call whom.
func (c *conversion) networks(s *service, n *source.Node) {
	if !n.Is(source.Mapping) {
		return // names only
	}
	for _, pair := range n.Pairs {
		for _, option := range pair.Value.Pairs {
			if option.Key.Text == "aliases" {
				c.changed(s, option.Value, "other names of a service are replaced by %s where env and command say them; next: replace them in files of configuration", s.name)
				continue
			}
			c.lost(s, option.Value, "the cluster has one network and gives out its addresses; next: leave it out")
		}
	}
}

func (c *conversion) networkMode(s *service, n *source.Node) {
	mode, ok := c.text(s, n)
	switch {
	case !ok || mode == "bridge" || mode == "default":
	case mode == "host":
		s.out.Keys.At("security", n).Set("hostNetwork", draft.Bool(true), n)
		s.out.Demand(spec.Privileged, "hostNetwork")
	case mode == "none":
		c.lost(s, n, "a pod has a network; next: say network: {to: []} to let nothing out")
	case strings.HasPrefix(mode, "service:"):
		c.lost(s, n, "two services do not share a network; next: make this one a sidecar of %s", strings.TrimPrefix(mode, "service:"))
	default:
		c.lost(s, n, "a spec does not choose the network; next: leave it out")
	}
}

// hostname and container_name are names that others may call; the name in the cluster is the service's.
func (c *conversion) hostname(s *service, n *source.Node) {
	if name, ok := c.text(s, n); ok && name != s.name {
		c.changed(s, n, "in the cluster it is called %s, which env and command of other services say now; next: replace %s in files of configuration", s.name, source.Shorten(name))
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
