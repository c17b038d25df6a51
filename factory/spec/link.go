package spec

import (
	"path"
	"slices"
	"strconv"
	"strings"
)

// link resolves what services say about each other: needs, ${…}, secrets, and hosts that two would claim.
func (l *loader) link(p *Project) {
	for _, s := range p.Services {
		l.linkNeeds(p, s)
	}
	for _, s := range p.Services {
		before := len(l.problems)
		slices.Sort(s.NeededBy)
		l.linkContainers(p, s)
		l.blame(s, before)
	}
	l.linkHosts(p)
	l.linkNodePorts(p)
	for _, s := range p.Services {
		l.linkNetwork(p, s)
	}
	l.linkObjects(p)
	l.linkConfig(p)
}

// linkContainers resolves what the texts of every container refer to, those of tests included.
func (l *loader) linkContainers(p *Project, s *Service) {
	containers := append(s.Containers(), s.Tests...) // which share their lists with the service
	for i := range containers {
		c := &containers[i]
		for i := range c.Env {
			v := &c.Env[i]
			v.Value = l.expand(p, s, v.position, v.Value)
			l.linkSecret(p, s, v)
		}
		for i, arg := range c.Command {
			c.Command[i] = l.expand(p, s, s.at(c, "command", strconv.Itoa(i)), arg)
		}
		for i, arg := range c.Args {
			c.Args[i] = l.expand(p, s, s.at(c, "args", strconv.Itoa(i)), arg)
		}
	}
}

func (l *loader) linkNeeds(p *Project, s *Service) {
	for i, name := range s.Needs {
		at := s.At("needs", strconv.Itoa(i))
		needed := p.Service(name)
		switch {
		case name == s.Name:
			l.problems.add(at, "%s needs itself: leave it out, or say network: {from: [{service: %s}]} if its pods call each other", name, name)
		case slices.Contains(s.Needs[:i], name):
			l.problems.add(at, "%q is said twice: keep one of them", name)
		case needed == nil:
			l.problems.add(at, "there is no service %q: %s", short(name), didYouMean(name, p.names()))
		case len(needed.Ports) == 0:
			l.problems.add(at, "%s has no port, so nobody can call it: add a port to %s, or leave it out here", name, path.Join(needed.Dir, ServiceFile))
		case s.Enabled && !needed.Enabled:
			l.problems.add(at, "%s is switched off at %s: switch %s off, too, or leave it out here", name, needed.At("enabled"), s.Name)
		case s.Enabled:
			needed.NeededBy = append(needed.NeededBy, s.Name)
		}
	}
}

func (l *loader) linkSecret(p *Project, s *Service, v *EnvVar) {
	if v.Secret == nil || v.Secret.Service == "" {
		return
	}
	owner := p.Service(v.Secret.Service)
	switch {
	case owner == nil:
		l.problems.add(v.position, "there is no service %q: %s", short(v.Secret.Service), didYouMean(v.Secret.Service, p.names()))
	case !owner.hasSecret(v.Secret.Key):
		l.problems.add(v.position, "%s declares no secret %q: %s, or add it under secrets in %s",
			owner.Name, short(v.Secret.Key), didYouMean(v.Secret.Key, sortedKeys(owner.Secrets)), path.Join(owner.Dir, ServiceFile))
	case s.Enabled && !owner.Enabled:
		l.problems.add(v.position, "%s, whose secret this is, is switched off at %s: switch %s off, too, or name a Secret that exists there, as {secret: NAME, key: %s}",
			owner.Name, owner.At("enabled"), s.Name, v.Secret.Key)
	}
}

func (p *Project) names() []string {
	names := make([]string, len(p.Services))
	for i, s := range p.Services {
		names[i] = s.Name
	}
	return names
}

// expand replaces ${…} in a text of a spec. $${ is a literal ${, and Kubernetes' own $(VAR) is left alone.
func (l *loader) expand(p *Project, s *Service, at Position, text string) string {
	if !strings.Contains(text, "${") {
		return text
	}
	var out strings.Builder
	for {
		start := strings.Index(text, "${")
		if start < 0 {
			out.WriteString(text)
			return out.String()
		}
		if start > 0 && text[start-1] == '$' {
			out.WriteString(text[:start-1] + "${")
			text = text[start+2:]
			continue
		}
		length := strings.IndexByte(text[start:], '}')
		if length < 0 {
			l.problems.add(at, "%q has no end: close it with }, or write $${ for the text ${", short(text[start:]))
			return ""
		}
		out.WriteString(text[:start])
		value, cause := p.reference(s, text[start+2:start+length])
		if cause != "" {
			l.problems.add(at, "%s: %s, or write $${ for the text ${", short(text[start:start+length+1]), cause)
		}
		out.WriteString(value)
		text = text[start+length+1:]
	}
}

// reference returns the value of NAME.host, NAME.port, NAME.ports.PORT or project.namespace, or what is wrong with it.
func (p *Project) reference(s *Service, reference string) (value, cause string) {
	name, field, _ := strings.Cut(reference, ".")
	if name == "project" {
		switch field {
		case "namespace":
			return p.Namespace, ""
		case "name":
			return p.Name, ""
		}
		return "", "unknown reference, " + didYouMean(reference, []string{"project.namespace", "project.name"})
	}
	target := p.Service(name)
	if target == nil {
		return "", "there is no service \"" + short(name) + "\", " + didYouMean(name, p.names())
	}
	if target != s && !slices.Contains(s.Needs, name) {
		return "", s.Name + " does not need " + name + ", whose network policy keeps it out; add " + name + " to needs"
	}
	if field == "host" {
		return name, ""
	}
	number := func(port string) (string, string) {
		if spec, ok := target.Ports[port]; ok {
			return strconv.Itoa(int(spec.Service)), ""
		}
		return "", "unknown port \"" + short(port) + "\", " + didYouMean(port, sortedKeys(target.Ports))
	}
	if port, ok := strings.CutPrefix(field, "ports."); ok {
		return number(port)
	}
	if field != "port" {
		return "", "unknown reference, " + didYouMean(reference, []string{name + ".host", name + ".port", name + ".ports.PORT"})
	}
	if main := target.MainPort(); main != "" {
		return number(main)
	}
	return "", name + " has no single port, use ${" + name + ".ports.PORT}"
}
