package compose

import (
	"slices"
	"strconv"
	"strings"

	"github.com/helm-chart-factory/factory/factory/importer/draft"
	"github.com/helm-chart-factory/factory/factory/importer/source"
	"github.com/helm-chart-factory/factory/factory/spec"
)

// user carries numbers: a cluster does not look names up, but for root.
func (c *conversion) user(s *service, n *source.Node) {
	text, ok := c.text(s, n)
	if !ok || text == "" {
		return
	}
	user, group, grouped := strings.Cut(text, ":")
	c.identity(s, n, "runAsUser", user)
	if grouped {
		c.identity(s, n, "runAsGroup", group)
	}
}

func (c *conversion) identity(s *service, n *source.Node, key, text string) {
	what := map[string]string{"runAsUser": "user", "runAsGroup": "group"}[key]
	if text == "root" {
		text = "0"
	}
	id, err := strconv.ParseInt(text, 10, 32)
	if err == nil && id == 0 && key == "runAsUser" {
		s.root = n
	}
	switch {
	case err != nil || id < 0:
		c.lost(s, n, "the %s %q is no number, and a cluster does not look names up; next: write the number that it has in the image under security.%s", what, source.Shorten(text), key)
	default:
		s.out.Keys.At("security", n).Set(key, draft.Number(id), n)
	}
}

func (c *conversion) groups(s *service, n *source.Node) {
	var list draft.List
	c.each(s, n, func(item *source.Node) {
		text, ok := c.text(s, item)
		if !ok {
			return
		}
		id, err := strconv.ParseInt(text, 10, 32)
		if err != nil || id < 1 {
			c.lost(s, item, "the group %q is no number from 1, and a cluster does not look names up; next: write its number under security.supplementalGroups", source.Shorten(text))
			return
		}
		list = append(list, draft.Number(id))
	})
	if len(list) > 0 {
		s.out.Keys.At("security", n).Set("supplementalGroups", list, n)
	}
}

func (c *conversion) readOnly(s *service, n *source.Node) {
	s.readOnlyRoot = n.Text == "true"
}

func (c *conversion) capabilities(s *service, n *source.Node) {
	if list := c.capabilityNames(s, n); len(list) > 0 {
		s.out.Keys.At("security", n).At("capabilities", n).Set("add", list, n)
		for _, name := range list {
			word := spec.Capability(name.(draft.Text))
			s.out.Demand(word.Level(), "the capability "+string(word))
		}
	}
}

func (c *conversion) capabilityNames(s *service, n *source.Node) draft.List {
	list := draft.List{}
	c.each(s, n, func(item *source.Node) {
		if text, ok := c.text(s, item); ok {
			list = append(list, draft.Text(strings.TrimPrefix(strings.ToUpper(text), "CAP_")))
		}
	})
	return list
}

// dropped capabilities are dropped anyway: every container loses all of them, unless it runs as root.
func (c *conversion) dropped(s *service, n *source.Node) { s.drops = c.capabilityNames(s, n) }

// finishRoot lets a container that runs as root keep the capabilities that it has.
func (c *conversion) finishRoot(s *service) {
	if s.root == nil {
		return
	}
	s.out.Demand(spec.Baseline, "the user 0, root")
	if slices.Contains(s.drops, draft.Value(draft.Text("ALL"))) {
		return
	}
	drops := s.drops
	if drops == nil {
		drops = draft.List{}
	}
	s.out.Keys.At("security", s.root).At("capabilities", s.root).Set("drop", drops, s.root)
	s.out.Demand(spec.Baseline, "fewer capabilities dropped than ALL")
}

func (c *conversion) privileged(s *service, n *source.Node) {
	if text, ok := c.text(s, n); ok && text == "true" {
		s.out.Keys.At("security", n).Set("privileged", draft.Bool(true), n)
		s.out.Demand(spec.Privileged, "privileged")
	}
}

func (c *conversion) processes(s *service, n *source.Node)  { c.host(s, n, "hostPID") }
func (c *conversion) semaphores(s *service, n *source.Node) { c.host(s, n, "hostIPC") }

// host carries what is shared with the node.
func (c *conversion) host(s *service, n *source.Node, key string) {
	switch text, ok := c.text(s, n); {
	case !ok || text == "private" || text == "shareable" || text == "none":
	case text == "host":
		s.out.Keys.At("security", n).Set(key, draft.Bool(true), n)
		s.out.Demand(spec.Privileged, key)
	default:
		c.lost(s, n, "a pod shares these with no other pod; next: make the two services containers of one, with sidecars")
	}
}

func (c *conversion) securityOptions(s *service, n *source.Node) {
	c.each(s, n, func(item *source.Node) {
		text, ok := c.text(s, item)
		switch strings.ReplaceAll(text, "=", ":") {
		case "no-new-privileges", "no-new-privileges:true": // that is so in every pod
		case "seccomp:unconfined", "apparmor:unconfined":
			key := map[byte]string{'s': "seccomp", 'a': "appArmor"}[text[0]]
			s.out.Keys.At("security", item).Set(key, draft.Plain("Unconfined"), item)
			s.out.Demand(spec.Privileged, key+" Unconfined")
		default:
			if ok {
				c.lost(s, item, "a pod runs with the runtime's own seccomp and AppArmor profiles; next: say security: {seccomp: localhost/NAME} for one that the nodes have")
			}
		}
	})
}

// takeLabels carries labels as annotations of the pods: a label of Kubernetes is for selecting and holds little.
func (c *conversion) takeLabels(s *service, n *source.Node) {
	annotations := draft.NewMap()
	var from *source.Node
	for _, pair := range c.namedTexts(s, n) {
		key := pair.Key.Text
		value := ""
		if pair.Value.Said() {
			text, ok := c.text(s, pair.Value)
			if !ok {
				continue
			}
			value = text
		}
		switch {
		case c.route(s, key, value, pair.Value):
		case strings.HasPrefix(key, "traefik."):
			c.lost(s, pair.Value, "Traefik does not read labels in a cluster; next: say ingress, and its annotations")
		case strings.HasPrefix(key, "com.docker."):
			c.lost(s, pair.Value, "nothing in a cluster reads Docker's own labels; next: leave it out")
		default:
			if from == nil {
				from = n
			}
			annotations.Set(key, draft.Text(value), pair.Value)
		}
	}
	if annotations.Len() > 0 {
		c.changed(s, from, "labels of a container become annotations of the pods, where what reads labels does not look")
		s.out.Keys.Set("podAnnotations", annotations, from)
	}
}

func (c *conversion) annotations(s *service, n *source.Node) {
	annotations := s.out.Keys.At("podAnnotations", n)
	for _, pair := range c.namedTexts(s, n) {
		if text, ok := c.text(s, pair.Value); ok {
			annotations.Set(pair.Key.Text, draft.Text(text), pair.Value)
		}
	}
	if annotations.Len() == 0 {
		s.out.Keys.Drop("podAnnotations")
	}
}

func (c *conversion) platform(s *service, n *source.Node) {
	text, ok := c.text(s, n)
	if !ok {
		return
	}
	parts := strings.Split(text, "/")
	if len(parts) == 1 || parts[0] != "linux" || parts[1] == "" {
		c.lost(s, n, "a node's platform is said as its architecture; next: say nodeSelector: {kubernetes.io/arch: amd64}")
		return
	}
	if len(parts) > 2 {
		c.changed(s, n, "a node has no label for the variant %s", source.Shorten(strings.Join(parts[2:], "/")))
	}
	s.out.Keys.At("nodeSelector", n).Set("kubernetes.io/arch", draft.Text(parts[1]), n)
}

// gracePeriod carries the time to stop in.
func (c *conversion) gracePeriod(s *service, n *source.Node) {
	c.duration(s, s.out.Keys, "gracePeriod", n)
}
