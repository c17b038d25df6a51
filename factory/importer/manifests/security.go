package manifests

import (
	"slices"
	"strings"

	"github.com/helm-chart-factory/factory/factory/importer/draft"
	"github.com/helm-chart-factory/factory/factory/importer/source"
	"github.com/helm-chart-factory/factory/factory/spec"
)

// podIdentity is what the pods say for all of their containers.
type podIdentity struct {
	user, group       *int64
	seccomp, appArmor *source.Node
}

// identity carries the security context of the pods.
func (c *conversion) identity(s *service, pod *source.Node) {
	context := pod.Get("securityContext")
	security := s.out.Keys.At("security", context)
	c.keys(s, context, take{
		"runAsUser":                func(n *source.Node) { s.identity.user = c.identifier(s, n, security, "runAsUser") },
		"runAsGroup":               func(n *source.Node) { s.identity.group = c.identifier(s, n, security, "runAsGroup") },
		"fsGroup":                  func(n *source.Node) { c.identifier(s, n, security, "fsGroup") },
		"supplementalGroups":       c.setRaw(security, "supplementalGroups"),
		"runAsNonRoot":             same, // judged with the user of each container
		"seccompProfile":           func(n *source.Node) { s.identity.seccomp = n },
		"fsGroupChangePolicy":      c.unless(s, "a spec does not say it; next: leave it out", "Always", "OnRootMismatch"),
		"sysctls":                  func(n *source.Node) { c.sysctls(s, n) },
		"seLinuxOptions":           c.not(s, "a pod runs with the runtime's own label; next: leave it out"),
		"appArmorProfile":          func(n *source.Node) { s.identity.appArmor = n },
		"windowsOptions":           c.not(s, "containers run on Linux here; next: leave it out"),
		"supplementalGroupsPolicy": c.unless(s, "a spec does not say it; next: leave it out", "Merge"),
	})
	for _, key := range []string{"hostNetwork", "hostPID", "hostIPC"} {
		if n := pod.Get(key); n.Is(source.Scalar) && n.Text == "true" {
			security.Set(key, draft.Bool(true), n)
			s.out.Demand(spec.Privileged, key)
		}
	}
}

// identifier carries the number of a user or a group, and returns it.
func (c *conversion) identifier(s *service, n *source.Node, into *draft.Map, key string) *int64 {
	id, ok := c.number(s, n)
	if !ok {
		return nil
	}
	into.Set(key, draft.Number(id), n)
	return &id
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
	security := into.At("security", n)
	own := podIdentity{seccomp: s.identity.seccomp, appArmor: s.identity.appArmor}
	writable, escalation := true, (*source.Node)(nil)
	c.keys(s, n, take{
		"runAsUser":    func(n *source.Node) { own.user = c.identifier(s, n, security, "runAsUser") },
		"runAsGroup":   func(n *source.Node) { own.group = c.identifier(s, n, security, "runAsGroup") },
		"runAsNonRoot": same,
		"readOnlyRootFilesystem": func(n *source.Node) {
			writable = n.Text != "true"
		},
		"allowPrivilegeEscalation": func(n *source.Node) { escalation = n },
		"privileged":               c.setBool(s, security, "privileged", false),
		"capabilities":             same,
		"seccompProfile":           func(n *source.Node) { own.seccomp = n },
		"appArmorProfile":          func(n *source.Node) { own.appArmor = n },
		"procMount":                c.unless(s, "a spec does not say it; next: leave it out", "Default"),
		"seLinuxOptions":           c.not(s, "a container runs with the runtime's own label; next: leave it out"),
		"windowsOptions":           c.not(s, "containers run on Linux here; next: leave it out"),
	})
	root := c.user(s, n, security, own, main)
	c.capabilities(s, n, security, root)
	c.profile(s, own.seccomp, security, "seccomp", spec.Profile("RuntimeDefault"))
	c.profile(s, own.appArmor, security, "appArmor", "")
	if security.Has("privileged") {
		s.out.Demand(spec.Privileged, "privileged")
	}
	if escalation.Is(source.Scalar) && escalation.Text == "true" && !escalatesAnyway(security) {
		security.Set("allowPrivilegeEscalation", draft.Bool(true), escalation)
		s.out.Demand(spec.Baseline, "allowPrivilegeEscalation")
	}
	if writable {
		security.Set("readOnlyRootFilesystem", draft.Bool(false), n)
	}
	if security.Len() == 0 {
		into.Drop("security")
	}
}

// user settles as whom a container runs, and tells whether that is root. The service's own container speaks for the spec; another one
// says where it differs.
func (c *conversion) user(s *service, n *source.Node, security *draft.Map, own podIdentity, main bool) bool {
	pod := s.identity
	if main {
		s.settled = podIdentity{user: either(own.user, pod.user), group: either(own.group, pod.group)}
		own = s.settled
	} else {
		for _, id := range []struct {
			key              string
			own, pod, usedBy *int64
		}{{"runAsUser", own.user, pod.user, s.settled.user}, {"runAsGroup", own.group, pod.group, s.settled.group}} {
			switch {
			case id.own != nil && id.usedBy != nil && *id.own == *id.usedBy:
				security.Drop(id.key) // the service's is not said again
			case id.own == nil && id.pod != nil && (id.usedBy == nil || *id.pod != *id.usedBy): // the service's own container does not run as its pod, or is not there
				security.Set(id.key, draft.Number(*id.pod), n)
			case id.own == nil && id.pod == nil && id.usedBy != nil && id.key == "runAsUser":
				c.check(s, n, "the container names no user, and runs as the service's, %d; next: see that its image lets it, or say security.runAsUser here", *id.usedBy)
			}
		}
		own.user = either(own.user, either(pod.user, s.settled.user))
	}
	root := own.user != nil && *own.user == 0
	if root {
		s.out.Demand(spec.Baseline, "the user 0, root")
	}
	nonRoot := n.Get("runAsNonRoot")
	if nonRoot == nil {
		nonRoot = s.pod.Get("spec", "securityContext", "runAsNonRoot")
	}
	switch {
	case !nonRoot.Is(source.Scalar):
	case nonRoot.Text == "true" && root:
		c.lost(s, nonRoot, "the user is 0, root: Kubernetes would not start such a container; next: leave one of the two out")
	case nonRoot.Text == "false" && own.user == nil:
		c.lost(s, nonRoot, "a container that names no user runs as 1000; next: say security: {level: baseline, runAsUser: 0} if its image needs root")
	}
	return root
}

func either(first, second *int64) *int64 {
	if first != nil {
		return first
	}
	return second
}

// capabilities carries those that are added, and those that are dropped when they are fewer than all. A container that drops none
// drops all in a spec, since it has no use for them, unless it runs as root.
func (c *conversion) capabilities(s *service, n *source.Node, security *draft.Map, root bool) {
	dropped := false
	c.keys(s, n.Get("capabilities"), take{
		"drop": func(n *source.Node) {
			dropped = true
			if drop := c.capabilityNames(s, n); !slices.Contains(drop, draft.Value(draft.Text("ALL"))) {
				security.At("capabilities", n).Set("drop", drop, n)
				s.out.Demand(spec.Baseline, "fewer capabilities dropped than ALL")
			}
		},
		"add": func(n *source.Node) {
			add := c.capabilityNames(s, n)
			security.At("capabilities", n).Set("add", add, n)
			for _, name := range add {
				word := spec.Capability(name.(draft.Text))
				s.out.Demand(word.Level(), "the capability "+string(word))
			}
		},
	})
	if root && !dropped {
		security.At("capabilities", n).Set("drop", draft.List{}, n)
		s.out.Demand(spec.Baseline, "fewer capabilities dropped than ALL")
	}
}

func (c *conversion) capabilityNames(s *service, n *source.Node) draft.List {
	list := draft.List{}
	for _, name := range c.texts(s, n) {
		list = append(list, draft.Text(strings.TrimPrefix(strings.ToUpper(name), "CAP_")))
	}
	return list
}

// profile carries a profile of seccomp or AppArmor. The usual one is not said.
func (c *conversion) profile(s *service, n *source.Node, security *draft.Map, key string, usual spec.Profile) {
	if n == nil {
		return
	}
	name := ""
	c.keys(s, n, take{
		"type": func(n *source.Node) {
			if name == "" {
				name, _ = c.text(s, n)
			}
		},
		"localhostProfile": func(n *source.Node) { name = "localhost/" + n.Text },
	})
	if name == "" || name == string(usual) {
		return
	}
	security.Set(key, draft.Text(name), n)
	if name == "Unconfined" {
		s.out.Demand(spec.Privileged, key+" Unconfined")
	}
}

// escalatesAnyway tells whether Kubernetes lets a container gain privileges without being told.
func escalatesAnyway(security *draft.Map) bool {
	capabilities, _ := security.Get("capabilities").(*draft.Map)
	if capabilities == nil {
		return security.Has("privileged")
	}
	add, _ := capabilities.Get("add").(draft.List)
	return security.Has("privileged") || slices.Contains(add, draft.Value(draft.Text("SYS_ADMIN")))
}

// claimLevel claims the level of Pod Security that the pods need.
func (c *conversion) claimLevel(s *service) {
	if s.out.Keys.At("security", nil).Len() == 0 {
		s.out.Keys.Drop("security")
	}
	s.out.ClaimLevel(c.report, s.pod)
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
