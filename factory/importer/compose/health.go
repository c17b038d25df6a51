package compose

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/helm-chart-factory/factory/factory/importer/draft"
	"github.com/helm-chart-factory/factory/factory/importer/source"
)

// healthcheck carries the check as the ready probe: Compose restarts nothing because of it either.
func (c *conversion) healthcheck(s *service, n *source.Node) {
	if !n.Is(source.Mapping) {
		if n.Said() {
			c.lost(s, n, "keys with values are wanted here, not %s", n.Kind)
		}
		return
	}
	probe := draft.NewMap()
	off := false
	c.keys(s, n, func(key string, value *source.Node) bool {
		switch key {
		case "test":
			s.check, off = c.test(s, value)
		case "interval":
			c.duration(s, probe, "period", value)
		case "timeout":
			c.duration(s, probe, "timeout", value)
		case "retries":
			if i, ok := c.number(s, value); ok {
				probe.Set("failures", draft.Number(i), value)
			}
		case "start_period":
			c.changed(s, value, "a ready probe that fails at the start harms nothing, so no time is set aside; next: say health.startup to hold a live probe back")
		case "start_interval":
			c.lost(s, value, "a probe has one period")
		case "disable":
			off = off || value.Text == "true"
		default:
			return false
		}
		return true
	})
	s.probe, s.probeFrom = probe, n
	if off {
		s.check = nil
		c.changed(s, n, "there is no check: a service with a TCP port still gets a ready probe that connects to it")
	}
}

// shell begins a command that a shell reads.
var shell = []word{{{Text: "/bin/sh"}}, {{Text: "-c"}}}

// test reads the command of a check: CMD, CMD-SHELL or NONE, or a text for the shell.
func (c *conversion) test(s *service, n *source.Node) (check []word, off bool) {
	if n.Is(source.Scalar) {
		c.missing(s, n)
		return append(slices.Clone(shell), partsOf(n)), false
	}
	read := c.words(s, n)
	if len(read.items) == 0 {
		return nil, false
	}
	switch kind, words := read.items[0].text(), read.items[1:]; {
	case kind == "NONE":
		return nil, true
	case kind == "CMD-SHELL" && len(words) == 1:
		return append(slices.Clone(shell), words[0]), false
	case kind == "CMD" && slices.ContainsFunc(words, word.hides):
		c.lost(s, n, "the check holds a secret, which is not written into a spec; next: let a shell take it from a variable (CMD-SHELL)")
		return nil, false
	case kind == "CMD" && len(words) > 0:
		return words, false
	}
	c.lost(s, n, "a check begins with CMD, CMD-SHELL or NONE")
	return nil, false
}

// checkWords returns the command of the check. What is hidden in a text for the shell is read from the container's variables.
func (c *conversion) checkWords(s *service) []string {
	made := make([]string, len(s.check))
	for i, w := range s.check {
		var b strings.Builder
		for _, part := range w {
			if part.Hidden == "" {
				b.WriteString(part.Text)
			} else {
				b.WriteString("${" + c.secretVariable(s, part.Hidden, part.Text, s.probeFrom) + "}")
			}
		}
		made[i] = b.String()
	}
	return made
}

// duration carries a time in whole seconds, rounded up.
func (c *conversion) duration(s *service, into *draft.Map, key string, n *source.Node) {
	text, ok := c.text(s, n)
	if !ok {
		return
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 || d > 1000*time.Hour {
		c.lost(s, n, "%q is not a length of time; next: write it as 30s or 1m30s", source.Shorten(text))
		return
	}
	whole := (d + time.Second - 1).Truncate(time.Second)
	if whole != d {
		c.changed(s, n, "Kubernetes counts in whole seconds: %s becomes %s", text, seconds(whole))
	}
	into.Set(key, draft.Plain(seconds(whole)), n)
}

// seconds writes a duration without the units that are zero.
func seconds(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// finishHealth writes the ready probe: an HTTP check where the command is one, which needs no program in the image.
func (c *conversion) finishHealth(s *service) {
	if len(s.check) == 0 {
		return
	}
	from := s.probeFrom
	ready := draft.NewMap()
	if path, port, ok := s.httpCheck(); ok {
		if port == s.mainPort() {
			ready.Set("http", draft.Text(path), from)
		} else {
			ready.Set("http", draft.NewMap().Set("path", draft.Text(path), from).Set("port", draft.Text(port), from), from)
		}
		c.changed(s, from.Get("test"), "the check asks for %s by HTTP from outside of the container, without a program in it", path)
	} else {
		ready.Set("exec", draft.Texts(c.checkWords(s)...), from)
	}
	// Compose's own timings, where they are longer than Kubernetes'.
	if !s.probe.Has("period") {
		s.probe.Set("period", draft.Plain("30s"), from)
	}
	if !s.probe.Has("timeout") {
		s.probe.Set("timeout", draft.Plain("30s"), from)
	}
	for _, key := range s.probe.Keys() {
		ready.Set(key, s.probe.Get(key), s.probe.From(key))
	}
	s.out.Keys.Set("health", draft.NewMap().Set("ready", ready, from), from)
}

// mainPort returns the name of the port that is meant when none is said, or "".
func (s *service) mainPort() string {
	for _, p := range s.ports {
		if p.name == "http" || len(s.ports) == 1 {
			return p.name
		}
	}
	return ""
}

// httpCheck recognises curl and wget that ask one of the service's own ports, and returns the path and the port's name.
func (s *service) httpCheck() (path, port string, ok bool) {
	check := s.check
	if slices.ContainsFunc(check, word.hides) {
		return "", "", false
	}
	if len(check) == 3 && check[0].text() == "/bin/sh" {
		text := strings.TrimSpace(check[2].text())
		for _, end := range []string{"|| exit 1", "|| exit 0", "||exit 1", "2>&1", "> /dev/null", ">/dev/null"} {
			text = strings.TrimSpace(strings.TrimSuffix(text, end))
		}
		cut, err := split(word{{Text: text}})
		if err != nil || strings.ContainsAny(text, "|&;<>$`()") {
			return "", "", false
		}
		check = cut
	}
	if len(check) < 2 {
		return "", "", false
	}
	words := make([]string, len(check))
	for i, w := range check {
		words[i] = w.text()
	}
	return s.ownAddress(words)
}

func (s *service) ownAddress(words []string) (path, port string, ok bool) {
	flags := map[string][]string{
		"curl": {"-f", "--fail", "-s", "--silent", "-S", "--show-error", "-sf", "-fs", "-fsS", "-sS", "-L", "--location", "-sSf", "-fsSL"},
		"wget": {"-q", "--quiet", "--spider", "-nv", "--no-verbose", "--tries=1", "-O-", "-qO-", "-O", "-", "/dev/null", "-t", "1"},
	}[words[0][strings.LastIndexByte(words[0], '/')+1:]]
	address := ""
	for _, w := range words[1:] {
		switch {
		case slices.Contains(flags, w):
		case address == "" && !strings.HasPrefix(w, "-"):
			address = w
		default:
			return "", "", false
		}
	}
	if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	u, err := url.Parse(address)
	if err != nil || flags == nil || u.Scheme != "http" || u.User != nil || !slices.Contains([]string{"localhost", "127.0.0.1", "0.0.0.0", "::1"}, u.Hostname()) {
		return "", "", false
	}
	number := 80
	if u.Port() != "" {
		number, _ = strconv.Atoi(u.Port())
	}
	for _, p := range s.ports {
		if p.number == number && p.protocol == "TCP" {
			path := u.EscapedPath()
			if path == "" {
				path = "/"
			}
			if u.RawQuery != "" {
				path += "?" + u.RawQuery
			}
			return path, p.name, true
		}
	}
	return "", "", false
}
