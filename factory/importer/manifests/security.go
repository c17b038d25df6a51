package manifests

import (
	"slices"

	"github.com/helm-chart-factory/factory/factory/importer/draft"
	"github.com/helm-chart-factory/factory/factory/importer/source"
)

// identity carries the security context of the pods. Pod Security restricted holds; what is beyond it is reported.
func (c *conversion) identity(s *service, pod *source.Node) {
	security := draft.NewMap()
	c.keys(s, pod.Get("securityContext"), take{
		"runAsUser":                c.identifier(s, security, "runAsUser"),
		"runAsGroup":               c.identifier(s, security, "runAsGroup"),
		"fsGroup":                  c.identifier(s, security, "fsGroup"),
		"supplementalGroups":       c.setRaw(security, "supplementalGroups"),
		"runAsNonRoot":             c.unless(s, "Pod Security restricted lets no root in; next: use an image that runs as another user", "true"),
		"seccompProfile":           func(n *source.Node) { c.seccomp(s, n) },
		"fsGroupChangePolicy":      c.unless(s, "a spec does not say it; next: leave it out", "Always", "OnRootMismatch"),
		"sysctls":                  func(n *source.Node) { c.sysctls(s, n) },
		"seLinuxOptions":           c.not(s, "a pod runs with the runtime's own label; next: leave it out"),
		"appArmorProfile":          func(n *source.Node) { c.profile(s, n) },
		"windowsOptions":           c.not(s, "containers run on Linux here; next: leave it out"),
		"supplementalGroupsPolicy": c.unless(s, "a spec does not say it; next: leave it out", "Merge"),
	})
	if security.Len() > 0 {
		s.out.Keys.Set("security", security, pod.Get("securityContext"))
	}
}

// identifier carries the number of a user or a group; root is reported.
func (c *conversion) identifier(s *service, into *draft.Map, key string) func(*source.Node) {
	return func(n *source.Node) {
		id, ok := c.number(s, n)
		switch {
		case !ok:
		case id == 0:
			c.lost(s, n, "Pod Security restricted lets no root in, so it is the project's, 1000 if it says none; next: use an image that runs as another user")
		default:
			into.Set(key, draft.Number(id), n)
		}
	}
}

func (c *conversion) seccomp(s *service, n *source.Node) {
	if kind := n.Get("type"); !kind.Is(source.Scalar) || kind.Text != "RuntimeDefault" {
		c.lost(s, n, "pods run with the runtime's own seccomp profile; next: leave it out")
	}
}

func (c *conversion) profile(s *service, n *source.Node) {
	if kind := n.Get("type"); !kind.Is(source.Scalar) || kind.Text != "RuntimeDefault" {
		c.lost(s, n, "pods run with the runtime's own AppArmor profile; next: leave it out")
	}
}

// sysctls: a spec sets the one that lets a port below 1024 be used without root.
func (c *conversion) sysctls(s *service, n *source.Node) {
	for _, item := range n.Items {
		if name := item.Get("name"); name.Is(source.Scalar) && name.Text == "net.ipv4.ip_unprivileged_port_start" {
			continue
		}
		c.lost(s, item, "a spec sets no kernel parameters; next: set them on the node")
	}
}

// containerSecurity carries the security context of a container. Its user wins over the pod's.
func (c *conversion) containerSecurity(s *service, n *source.Node, into *draft.Map, main bool) {
	security := draft.NewMap()
	if pods, ok := into.Get("security").(*draft.Map); ok && main {
		security = pods
	}
	writable := true
	c.keys(s, n, take{
		"runAsUser":    c.identifier(s, security, "runAsUser"),
		"runAsGroup":   c.identifier(s, security, "runAsGroup"),
		"runAsNonRoot": c.unless(s, "Pod Security restricted lets no root in; next: use an image that runs as another user", "true"),
		"readOnlyRootFilesystem": func(n *source.Node) {
			writable = n.Text != "true"
		},
		"allowPrivilegeEscalation": c.unless(s, "Pod Security restricted lets no process gain privileges; next: leave it out", "false"),
		"privileged":               c.unless(s, "Pod Security restricted lets no privileged container in; next: say the capabilities that are needed, or security: {level: privileged}", "false"),
		"capabilities":             func(n *source.Node) { c.capabilities(s, n, security) },
		"seccompProfile":           func(n *source.Node) { c.seccomp(s, n) },
		"appArmorProfile":          func(n *source.Node) { c.profile(s, n) },
		"procMount":                c.unless(s, "a spec does not say it; next: leave it out", "Default"),
		"seLinuxOptions":           c.not(s, "a container runs with the runtime's own label; next: leave it out"),
		"windowsOptions":           c.not(s, "containers run on Linux here; next: leave it out"),
	})
	if writable {
		security.Set("readOnlyRootFilesystem", draft.Bool(false), n)
	}
	if security.Len() > 0 {
		into.Set("security", security, n)
	}
}

func (c *conversion) capabilities(s *service, n *source.Node, security *draft.Map) {
	c.keys(s, n, take{
		"drop": same, // all are dropped anyway
		"add": func(n *source.Node) {
			var list draft.List
			for _, item := range n.Items {
				if slices.Contains([]string{"NET_BIND_SERVICE"}, item.Text) {
					list = append(list, draft.Text(item.Text))
					continue
				}
				c.lost(s, item, "Pod Security restricted does not let a container have the capability %s; next: do without it, or say security: {level: …, capabilities: {add: [%s]}}", shorten(item.Text), shorten(item.Text))
			}
			if len(list) > 0 {
				security.At("capabilities", n).Set("add", list, n)
			}
		},
	})
}

// assumptions says once what holds for all services that do not say otherwise.
func (c *conversion) assumptions() {
	var user, memory []string
	for _, s := range c.services {
		if security, ok := s.out.Keys.Get("security").(*draft.Map); !ok || !security.Has("runAsUser") {
			user = append(user, s.name)
		}
		resources, _ := s.out.Keys.Get("resources").(*draft.Map)
		if resources == nil || !hasMemory(resources) {
			memory = append(memory, s.name)
		}
	}
	if len(user) > 0 {
		c.check(nil, c.services[0].workload.node, "these run as user 1000, since they say no other: %s; next: see that their images let them, or say security.runAsUser", draft.Some(user))
	}
	if len(memory) > 0 {
		c.check(nil, c.services[0].workload.node, "these get the project's memory limit, 256Mi if it says none: %s; next: say resources.limits.memory where that is too little", draft.Some(memory))
	}
}

func hasMemory(resources *draft.Map) bool {
	limits, ok := resources.Get("limits").(*draft.Map)
	return ok && limits.Has("memory")
}
