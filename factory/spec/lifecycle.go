package spec

import "go.yaml.in/yaml/v3"

// Lifecycle is what happens after a container starts and before it ends.
type Lifecycle struct {
	// PostStart runs beside the container's own start; when it fails, the container is restarted. Default: nothing. Example: {exec: [/bin/warm-up]}.
	PostStart *Handler `spec:"postStart"`
	// PreStop runs before the container is asked to end, within gracePeriod. Default: a sleep of up to 5s for a Deployment with a
	// port, so that its Service's clients hear of the end first; {sleep: 0s} leaves it out. Example: {sleep: 15s}.
	PreStop *Handler `spec:"preStop"`
}

// Handler is exactly one of a command, a GET and a pause.
//
//spec:schema {$ref: long}
type Handler struct {
	// Exec is a command in the container. Example: [nginx, -s, quit].
	Exec []string `spec:"exec,or"`
	// HTTP is a path on the main port, or {path, port, scheme, headers}. Example: /drain.
	HTTP *HTTPProbe `spec:"http,or"`
	// Sleep is a pause. Example: 5s.
	Sleep *Duration `spec:"sleep,or"`
}

func (h *Handler) decodeNode(d *decoder, n *yaml.Node) {
	type long Handler
	before := len(*d.problems)
	d.decode(n, (*long)(h))
	ways := 0
	for _, said := range []bool{len(h.Exec) > 0, h.HTTP != nil, h.Sleep != nil} {
		if said {
			ways++
		}
	}
	if ways != 1 && len(*d.problems) == before {
		d.problem(n, "what happens is one of exec, http and sleep: say exactly one")
	}
}

// handlers are the two by their key.
func (l *Lifecycle) handlers() map[string]*Handler {
	all := map[string]*Handler{}
	if l == nil {
		return all
	}
	if l.PostStart != nil {
		all["postStart"] = l.PostStart
	}
	if l.PreStop != nil {
		all["preStop"] = l.PreStop
	}
	return all
}

func (l *loader) checkLifecycle(s *Service, c *Container) {
	handlers := c.Lifecycle.handlers()
	for _, key := range sortedKeys(handlers) {
		h, at := handlers[key], s.at(c, "lifecycle", key)
		if h.HTTP != nil {
			l.portReference(c, at, h.HTTP.Port)
		}
		if h.Sleep != nil && *h.Sleep > s.GracePeriod && key == "preStop" {
			l.problems.add(at, "it sleeps for %s, and the pod is killed after %s: raise gracePeriod, or sleep less", *h.Sleep, s.GracePeriod)
		}
	}
}
