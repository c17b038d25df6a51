package compose

import (
	"slices"
	"strings"

	"github.com/helm-chart-factory/factory/factory/importer/draft"
	"github.com/helm-chart-factory/factory/factory/importer/source"
)

// address is a place in a text that names a service of the file.
type address struct {
	draft.Address
	target *service
}

// addresses finds where a text names services of the file.
func (c *conversion) addresses(text string, hosts bool) []address {
	var found []address
	for _, a := range draft.Addresses(text, hosts, func(name string) bool { return c.byAlias[name] != nil }) {
		found = append(found, address{a, c.byAlias[text[a.Start:a.End]]})
	}
	return found
}

// relate finds the services that a service calls by name, in its variables and its command.
func (c *conversion) relate(s *service) {
	for _, v := range s.env {
		c.relateText(s, v.parts.text(), v.from, draft.SaysHost(v.name))
	}
	for _, w := range []*words{s.entrypoint, s.command} {
		if w == nil {
			continue
		}
		for i, item := range w.items {
			c.relateText(s, item.text(), w.from, hostlike(w.items, i))
		}
	}
}

func (c *conversion) relateText(s *service, text string, from *source.Node, hosts bool) {
	for _, a := range c.addresses(text, hosts) {
		if a.Port > 0 {
			a.target.mention(a.Port, from)
		}
		if a.target != s && !s.calls(a.target) {
			s.needs = append(s.needs, need{a.target, from})
			c.check(s, from, "%s is added to needs, since it is called here", a.target.name)
		}
	}
}

func (s *service) calls(target *service) bool {
	return slices.ContainsFunc(s.needs, func(n need) bool { return n.target == target })
}

// assemble puts a text together as a spec holds it: addresses of services as references, what is hidden as $(VARIABLE), and
// everything else so that it arrives as it is.
func (c *conversion) assemble(s *service, parts word, from *source.Node, hosts bool) string {
	var b strings.Builder
	for i, part := range parts {
		if part.Hidden != "" {
			b.WriteString("$(" + c.secretVariable(s, part.Hidden, part.Text, from) + ")")
			continue
		}
		done := 0
		for _, a := range c.addresses(part.Text, hosts) {
			if a.target != s && !s.calls(a.target) || len(a.target.ports) == 0 {
				continue
			}
			b.WriteString(draft.Literal(part.Text[done:a.Start]))
			b.WriteString("${" + a.target.name + ".host}")
			done = a.End
			if reference := a.target.portReference(a.Port); reference != "" {
				b.WriteString(":" + reference)
				done = a.PortEnd
			}
		}
		b.WriteString(draft.Literal(part.Text[done:]))
		if i+1 < len(parts) && strings.HasSuffix(part.Text, "$") {
			b.WriteByte('$') // or it would take the reference that follows for a text
		}
	}
	return b.String()
}
