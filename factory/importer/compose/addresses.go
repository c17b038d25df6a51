package compose

import (
	"slices"
	"strconv"
	"strings"

	"github.com/helm-chart-factory/factory/factory/importer/draft"
	"github.com/helm-chart-factory/factory/factory/importer/source"
)

// address is a place in a text that names a service of the file.
type address struct {
	start, end int // of the name
	target     *service
	port       int // 0 when none follows
	portEnd    int
}

// addresses finds where a text names services: behind // or @, before a port's number, or as a whole where the context says
// that hosts are meant (as in DB_HOST). A word that is merely the same as a service's name is none.
func (c *conversion) addresses(text string, hosts bool) []address {
	var found []address
	for i := 0; i < len(text); {
		if !hostByte(text[i]) {
			i++
			continue
		}
		end := i
		for end < len(text) && hostByte(text[end]) {
			end++
		}
		if target := c.byAlias[text[i:end]]; target != nil {
			a := address{start: i, end: end, target: target}
			a.port, a.portEnd = portAfter(text, end)
			before := strings.HasSuffix(text[:i], "//") || strings.HasSuffix(text[:i], "@")
			separate := i == 0 || strings.IndexByte(",;= ([\"'\n\t", text[i-1]) >= 0
			alone := end == len(text) || strings.IndexByte(",; )]\"'\n\t", text[end]) >= 0
			if before || separate && a.port > 0 && likelyPort(a.port) || hosts && separate && alone {
				found = append(found, a)
			}
		}
		i = end
	}
	return found
}

func hostByte(b byte) bool {
	return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9' || b == '-' || b == '_' || b == '.'
}

// portAfter reads :NUMBER, and returns where it ends.
func portAfter(text string, at int) (port, end int) {
	if at >= len(text) || text[at] != ':' {
		return 0, at
	}
	end = at + 1
	for end < len(text) && '0' <= text[end] && text[end] <= '9' {
		end++
	}
	if end < len(text) && hostByte(text[end]) {
		return 0, at
	}
	port, err := strconv.Atoi(text[at+1 : end])
	if err != nil || port < 1 || port > 65535 {
		return 0, at
	}
	return port, end
}

// likelyPort keeps image:16 from being taken for an address.
func likelyPort(port int) bool {
	return port >= 100 || slices.Contains([]int{21, 22, 25, 53, 80}, port)
}

// saysHost tells whether a variable or an option is about hosts, by its words.
func saysHost(name string) bool {
	words := strings.FieldsFunc(strings.ToUpper(name), func(r rune) bool { return (r < 'A' || r > 'Z') && (r < '0' || r > '9') })
	known := []string{"HOST", "HOSTS", "HOSTNAME", "URL", "URLS", "URI", "ADDR", "ADDRESS", "SERVER", "SERVERS", "ENDPOINT", "BROKER", "BROKERS",
		"UPSTREAM", "NODE", "NODES", "SEEDS", "MASTER", "DSN", "BACKEND"}
	return slices.ContainsFunc(words, func(word string) bool { return slices.Contains(known, word) })
}

// relate finds the services that a service calls by name, in its variables and its command.
func (c *conversion) relate(s *service) {
	for _, v := range s.env {
		c.relateText(s, v.parts.text(), v.from, saysHost(v.name))
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
		if a.port > 0 {
			a.target.mention(a.port, from)
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
			b.WriteString(draft.Literal(part.Text[done:a.start]))
			b.WriteString("${" + a.target.name + ".host}")
			done = a.end
			if reference := a.target.portReference(a.port); reference != "" {
				b.WriteString(":" + reference)
				done = a.portEnd
			}
		}
		b.WriteString(draft.Literal(part.Text[done:]))
		if i+1 < len(parts) && strings.HasSuffix(part.Text, "$") {
			b.WriteByte('$') // or it would take the reference that follows for a text
		}
	}
	return b.String()
}
