package compose

import (
	"path"
	"strconv"
	"strings"

	"github.com/helm-chart-factory/factory/factory/importer/draft"
	"github.com/helm-chart-factory/factory/factory/importer/source"
)

// grant is an entry of configs or secrets of a service.
type grant struct {
	name, target, mode string
	from               *source.Node
	top                *source.Node // what the file says of it
}

// grants reads configs or secrets of a service: names, or source with target and mode.
func (c *conversion) grants(s *service, n *source.Node, section string) []grant {
	var found []grant
	c.each(s, n, func(item *source.Node) {
		g := grant{from: item}
		if item.Is(source.Mapping) {
			c.keys(s, item, func(key string, value *source.Node) bool {
				switch key {
				case "source":
					g.name, _ = c.text(s, value)
				case "target":
					g.target, _ = c.text(s, value)
				case "mode":
					g.mode = c.mode(s, value)
				case "uid", "gid":
					c.lost(s, value, "files belong to root and to the group of the pod; next: let mode give the group what it needs")
				default:
					return false
				}
				return true
			})
		} else {
			g.name, _ = c.text(s, item)
		}
		if g.top = c.root.Get(section, g.name); g.name == "" || !g.top.Said() {
			c.lost(s, item, "%q is not among the %s of the file", source.Shorten(g.name), section)
			return
		}
		c.used[section+"/"+g.name] = true
		found = append(found, g)
	})
	return found
}

// mode reads a file mode: octal digits, with or without a prefix.
func (c *conversion) mode(s *service, n *source.Node) string {
	text, ok := c.text(s, n)
	if !ok {
		return ""
	}
	digits := strings.TrimPrefix(strings.TrimPrefix(text, "0o"), "0")
	if i, err := strconv.ParseUint(digits, 8, 32); err != nil || i > 0o777 {
		c.lost(s, n, "%q is not a file mode; next: write it as 0440", source.Shorten(text))
		return ""
	}
	return "0" + digits
}

// takeConfigs carries configs as files beside the spec.
func (c *conversion) takeConfigs(s *service, n *source.Node) {
	for _, g := range c.grants(s, n, "configs") {
		target := g.target
		if target == "" {
			target = "/" + g.name
		}
		if !path.IsAbs(target) {
			c.lost(s, g.from, "the target %q is not an absolute path", source.Shorten(target))
			continue
		}
		target = path.Clean(target)
		switch file, content, environment := g.top.Get("file"), g.top.Get("content"), g.top.Get("environment"); {
		case file.Said():
			c.configFile(s, g, file, target)
		case content.Said():
			if text, ok := c.text(s, content); ok {
				c.mountFile(s, g.from, target, s.out.AddFile(draft.FileName(g.name), []byte(text)), g.mode)
			}
		case environment.Said():
			c.configVariable(s, g, environment, target)
		case g.top.Get("external").Is(source.Scalar) && g.top.Get("external").Text == "true":
			c.existing(s, g, "configMap", target)
		default:
			c.lost(s, g.from, "the config %s has no content; next: write the file into %s and mount it with files", g.name, s.out.Dir())
		}
	}
}

func (c *conversion) configFile(s *service, g grant, file *source.Node, target string) {
	name, ok := c.text(s, file)
	if !ok {
		return
	}
	place, inside := c.resolve(s, file, name)
	if !inside {
		c.lost(s, file, "%s lies outside of %s; next: put it into the project and mount it with files", source.Shorten(name), c.folder.What())
		return
	}
	c.bindFile(s, g.from, place, target, g.mode)
}

func (c *conversion) configVariable(s *service, g grant, n *source.Node, target string) {
	name, ok := c.text(s, n)
	if !ok {
		return
	}
	value, set := c.variables[name]
	if !set || draft.HoldsSecret(name, value) {
		c.lost(s, n, "the content is the variable %s of the environment; next: write the file into %s and mount it with files", source.Shorten(name), s.out.Dir())
		return
	}
	c.mountFile(s, g.from, target, s.out.AddFile(draft.FileName(g.name), []byte(value)), g.mode)
}

// takeSecrets mounts secrets from Kubernetes Secrets that somebody creates; their content is never copied.
func (c *conversion) takeSecrets(s *service, n *source.Node) {
	for _, g := range c.grants(s, n, "secrets") {
		target := g.target
		if target == "" {
			target = g.name
		}
		if !path.IsAbs(target) {
			target = path.Join("/run/secrets", target)
		}
		c.existing(s, g, "secret", path.Clean(target))
	}
}

// existing mounts one key of a ConfigMap or Secret of the cluster as a file.
func (c *conversion) existing(s *service, g grant, kind, target string) {
	name := g.name
	if n := g.top.Get("name"); n.Is(source.Scalar) && n.Text != "" {
		name = n.Text
	}
	object, key := draft.Label(name, 63), draft.FileName(g.name)
	volume := draft.NewMap().Set(kind, draft.Text(object), g.from).Set("path", draft.Text(target), g.from).Set("subPath", draft.Text(key), g.from)
	if g.mode != "" && strings.TrimPrefix(g.mode, "0") != "644" {
		c.lost(s, g.from, "a spec says no mode for what is mounted from the cluster, so everyone in the container can read it; next: leave mode out")
	}
	s.out.Keys.At("volumes", g.from).Set(s.volumes.For(g.name), volume, g.from)
	next := "--from-file=" + key + "=FILE"
	if file := g.top.Get("file"); file.Is(source.Scalar) {
		next = "--from-file=" + key + "=" + source.Shorten(file.Text)
	}
	what := map[string]string{"secret": "secret generic", "configMap": "configmap"}[kind]
	c.check(s, g.from, "the content is read from the key %s of %s; next: kubectl create %s %s -n NAMESPACE %s", key, object, what, object, next)
}

// unused reports what the file declares and no service takes.
func (c *conversion) unused() {
	for _, section := range []string{"volumes", "configs", "secrets"} {
		n := c.root.Get(section)
		if !n.Is(source.Mapping) {
			continue
		}
		for _, pair := range n.Pairs {
			if !c.used[section+"/"+pair.Key.Text] && c.volumeUsers[pair.Key.Text] == nil && !strings.HasPrefix(pair.Key.Text, "x-") {
				c.lost(nil, pair.Value, "no service that was imported uses it; next: leave it out")
			}
		}
	}
}
