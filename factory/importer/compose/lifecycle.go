package compose

import (
	"strings"

	"github.com/helm-chart-factory/factory/factory/importer/draft"
	"github.com/helm-chart-factory/factory/factory/importer/source"
)

func (c *conversion) postStart(s *service, n *source.Node) { c.hook(s, n, "postStart") }
func (c *conversion) preStop(s *service, n *source.Node)   { c.hook(s, n, "preStop") }

// hook carries a command that runs in the container after its start or before its end; Kubernetes knows one each.
func (c *conversion) hook(s *service, n *source.Node, key string) {
	items := listOf(n)
	for i, item := range items {
		command := item.Get("command")
		if !command.Said() {
			c.lost(s, item, "a hook needs its command")
			continue
		}
		if i > 0 {
			c.lost(s, item, "Kubernetes runs one command here; next: put all of them into one script")
			continue
		}
		for _, pair := range item.Pairs {
			if pair.Key.Text != "command" && pair.Value.Said() && pair.Value.Text != "false" {
				c.lost(s, pair.Value, "a hook runs as the container's own user, with its variables and in its folder; next: leave it out")
			}
		}
		w := c.words(s, command)
		if w == nil || len(w.items) == 0 {
			continue
		}
		words := make([]string, len(w.items))
		for i, item := range w.items {
			if item.hides() {
				c.lost(s, command, "the hook holds a secret, which is not written into a spec; next: let it read a variable")
				return
			}
			words[i] = item.text()
		}
		s.out.Keys.At("lifecycle", n).Set(key, draft.NewMap().Set("exec", draft.Texts(words...), command), item)
	}
}

// route carries Traefik's rule for a router, as people write it beside Compose: Host(`x`), with PathPrefix(`/y`).
func (c *conversion) route(s *service, key, value string, n *source.Node) bool {
	if !strings.HasPrefix(key, "traefik.http.routers.") || !strings.HasSuffix(key, ".rule") || s.out.Keys.Has("ingress") {
		return false
	}
	ingress := draft.NewMap()
	for _, condition := range strings.Split(value, "&&") {
		name, argument, _ := strings.Cut(strings.TrimSpace(condition), "(")
		argument, closed := strings.CutSuffix(argument, ")")
		argument = strings.Trim(argument, "`\"'")
		if !closed || strings.ContainsAny(argument, "`\"',|") {
			return false
		}
		switch name {
		case "Host":
			ingress.Set("host", draft.Text(argument), n)
		case "PathPrefix":
			ingress.Set("path", draft.Text(argument), n)
		default:
			return false
		}
	}
	if !ingress.Has("host") {
		return false
	}
	s.out.Keys.Set("ingress", ingress, n)
	c.changed(s, n, "the route becomes an ingress, on the service's HTTP port; next: say tls: true for a certificate")
	return true
}
