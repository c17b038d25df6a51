package compose

import (
	"github.com/helm-chart-factory/factory/factory/importer/draft"
)

// finish writes what needed all services to be known, and says what holds in a cluster without having been said.
func (c *conversion) finish(s *service) {
	c.finishKind(s)
	c.finishPorts(s)
	c.finishNeeds(s)
	c.finishHealth(s)
	c.finishCommand(s)
	c.finishEnv(s)
	c.finishSecurity(s)
	if !s.node.Get("image").Said() && !s.node.Get("build").Said() {
		c.lost(s, s.node, "it has neither an image nor a build; next: say image, or put a Dockerfile into %s", s.out.Dir())
	}
	if ingress := s.out.Keys.Get("ingress"); ingress != nil && s.mainPort() != "http" {
		c.lost(s, s.out.Keys.From("ingress"), "an ingress needs a port called http; next: rename the port that speaks it")
		s.out.Keys.Drop("ingress")
	}
}

// finishKind makes a Job of what others wait for to end.
func (c *conversion) finishKind(s *service) {
	switch {
	case s.once:
		if s.out.Keys.Has("kind") {
			c.changed(s, s.node, "others wait for it to end, so it becomes a Job")
		}
		s.out.Keys.Set("kind", draft.Plain("Job"), s.node)
		s.out.Keys.Drop("replicas")
	case s.restartFrom != nil && !s.out.Keys.Has("kind"):
		c.changed(s, s.restartFrom, "a container that ended is started again; next: say kind: Job when it is to run once")
	}
}

// finishSecurity: containers of Compose may write everywhere, those of a spec only into volumes unless it says so.
func (c *conversion) finishSecurity(s *service) {
	c.finishRoot(s)
	if !s.readOnlyRoot {
		s.out.Keys.At("security", s.node).Set("readOnlyRootFilesystem", draft.Bool(false), s.node)
	}
	s.out.ClaimLevel(c.report, s.node)
}

// assumptions says once what holds for all services that do not say otherwise.
func (c *conversion) assumptions() {
	var user, memory []string
	for _, s := range c.services {
		if security, ok := s.out.Keys.Get("security").(*draft.Map); !ok || !security.Has("runAsUser") {
			user = append(user, s.name)
		}
		if resources, ok := s.out.Keys.Get("resources").(*draft.Map); !ok || !resources.Has("limits") {
			memory = append(memory, s.name)
		}
	}
	services := c.root.Get("services")
	if len(user) > 0 {
		c.check(nil, services, "these run as user 1000, since they say no other: %s; next: see that their images let them, or say security.runAsUser", draft.Some(user))
	}
	if len(memory) > 0 {
		c.check(nil, services, "these get the project's memory limit, 256Mi if it says none: %s; next: say resources.limits.memory where that is too little", draft.Some(memory))
	}
}
