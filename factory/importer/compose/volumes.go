package compose

import (
	"cmp"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/helm-chart-factory/factory/factory/importer/draft"
	"github.com/helm-chart-factory/factory/factory/importer/source"
)

// assumedSize is what a volume asks for, since Compose says no size.
const assumedSize = "10Gi"

// mount is one entry of volumes.
type mount struct {
	kind, source, target string // kind: volume, bind, tmpfs, or what else is said
	readOnly             bool
	size                 string // of a tmpfs
	subPath              string
	folder               string // the folder of the host that a volume stands for, as ./path
	from                 *source.Node
}

// users is what others that have the same data call it by, too.
func (m mount) users() string { return cmp.Or(m.folder, m.source) }

// parseMount reads [source:]target[:options].
func parseMount(text string) mount {
	parts := strings.SplitN(text, ":", 3)
	m := mount{kind: "volume"}
	switch len(parts) {
	case 1:
		m.target = parts[0]
	default:
		m.source, m.target = parts[0], parts[1]
	}
	if len(parts) == 3 {
		for _, option := range strings.Split(parts[2], ",") {
			m.readOnly = m.readOnly || option == "ro"
		}
	}
	if strings.HasPrefix(m.source, ".") || strings.HasPrefix(m.source, "/") || strings.HasPrefix(m.source, "~") {
		m.kind = "bind"
	}
	m.target = cleanTarget(m.target)
	return m
}

func cleanTarget(target string) string {
	if target == "" {
		return ""
	}
	return path.Clean(target)
}

func (c *conversion) takeVolumes(s *service, n *source.Node) {
	c.each(s, n, func(item *source.Node) {
		var m mount
		if item.Is(source.Mapping) {
			m = c.longMount(s, item)
		} else {
			text, ok := c.text(s, item)
			if !ok {
				return
			}
			m = parseMount(text)
		}
		m.from = item
		if !path.IsAbs(m.target) {
			c.lost(s, item, "a volume needs the absolute path where the container sees it")
			return
		}
		switch {
		case m.kind == "bind":
			c.bind(s, m)
		case m.kind == "tmpfs":
			c.memory(s, item, m.target, m.size)
		case m.kind != "volume":
			c.lost(s, item, "a spec has no volumes of the type %s", source.Shorten(m.kind))
		case m.source == "":
			s.out.Keys.At("volumes", item).Set(c.volumeName(s, m.target), draft.Text(m.target), item)
		default:
			c.named(s, m)
		}
	})
}

func (c *conversion) longMount(s *service, n *source.Node) mount {
	m := mount{kind: "volume"}
	c.keys(s, n, func(key string, value *source.Node) bool {
		switch key {
		case "type":
			m.kind, _ = c.text(s, value)
		case "source":
			m.source, _ = c.text(s, value)
		case "target":
			m.target, _ = c.text(s, value)
			m.target = cleanTarget(m.target)
		case "read_only":
			m.readOnly = value.Text == "true"
		case "tmpfs":
			c.keys(s, value, func(key string, value *source.Node) bool {
				if key == "size" {
					m.size, _ = c.text(s, value)
				}
				return key == "size"
			})
		case "volume":
			c.keys(s, value, func(key string, value *source.Node) bool {
				if key == "subpath" {
					m.subPath, _ = c.text(s, value)
				}
				return key == "subpath" || key == "nocopy" && value.Text != "false"
			})
		case "bind":
			c.keys(s, value, func(key string, value *source.Node) bool { return key == "create_host_path" || key == "propagation" })
		case "consistency":
		default:
			return false
		}
		return true
	})
	return m
}

// volumeName makes a name of a path.
func (c *conversion) volumeName(s *service, target string) string {
	name := path.Base(target)
	if name == "/" {
		name = "root"
	}
	return s.volumes.For(name)
}

// named carries a volume that outlives its container. Each service has its own: one with a volume becomes a StatefulSet, which
// stops the old pod before the new one opens the data.
func (c *conversion) named(s *service, m mount) {
	name := s.volumes.For(m.source)
	volume := draft.NewMap().Set("path", draft.Text(m.target), m.from)
	if m.folder == "" {
		c.volumeOptions(c.root.Get("volumes", m.source))
	}
	volume.Set("size", draft.Plain(assumedSize), m.from)
	c.check(s, m.from, "the volume %s has no size in Compose: %s is assumed", source.Shorten(m.source), assumedSize)
	if m.readOnly {
		volume.Set("readOnly", draft.Bool(true), m.from)
	}
	if m.subPath != "" {
		volume.Set("subPath", draft.Text(m.subPath), m.from)
	}
	s.out.Keys.At("volumes", m.from).Set(name, volume, m.from)
	if !s.out.Keys.Has("kind") {
		s.out.Keys.Set("kind", draft.Plain("StatefulSet"), m.from)
	}
	users := c.volumeUsers[m.users()]
	if slices.Contains(users, s.name) {
		c.changed(s, m.from, "the volume %s is mounted at another path already, and here each path has a volume of its own; next: let the program look in one folder", source.Shorten(m.source))
	}
	for _, other := range users {
		if other != s.name {
			c.changed(s, m.from, "the volume %s is that of %s too, and here each has its own; next: let one of them own the data, or share a claim with access ReadWriteMany", source.Shorten(m.source), other)
			break
		}
	}
	c.volumeUsers[m.users()] = append(users, s.name)
}

// volumeOptions looks at the top-level entry of a volume once.
func (c *conversion) volumeOptions(n *source.Node) {
	if !n.Said() {
		return
	}
	again := c.volumeUsers[n.Name()] != nil
	for _, pair := range n.Pairs {
		switch key := pair.Key.Text; {
		case again || !pair.Value.Said() || strings.HasPrefix(key, "x-"):
		case key == "name" || key == "labels":
			c.lost(nil, pair.Value, "a claim is named and labelled by its service; next: leave it out")
		case key == "external":
			if pair.Value.Text != "false" {
				c.lost(nil, pair.Value, "the volume is made elsewhere, and its data is not here: each service gets an empty one; next: copy the data in, or mount an existing claim")
			}
		case key == "driver" && pair.Value.Text == "local":
		case key == "driver_opts" && pair.Value.Is(source.Mapping):
			for _, option := range pair.Value.Pairs {
				c.lost(nil, option.Value, "the storage class decides what a volume is made of; next: say class under volumes")
			}
		default:
			c.lost(nil, pair.Value, "the storage class decides what a volume is made of; next: say class under volumes")
		}
	}
}

// tmpfs carries folders in memory: a path, or path:options.
func (c *conversion) tmpfs(s *service, n *source.Node) {
	c.each(s, n, func(item *source.Node) {
		text, ok := c.text(s, item)
		if !ok {
			return
		}
		target, options, _ := strings.Cut(text, ":")
		size := ""
		for _, option := range strings.Split(options, ",") {
			key, value, _ := strings.Cut(option, "=")
			switch key {
			case "size":
				size = value
			case "", "rw", "noexec", "nosuid", "nodev", "mode", "uid", "gid":
			default:
				c.lost(s, item, "a folder in memory has no option %s", source.Shorten(key))
			}
		}
		if !path.IsAbs(target) {
			c.lost(s, item, "a folder in memory needs an absolute path")
			return
		}
		c.memory(s, item, cleanTarget(target), size)
	})
}

func (c *conversion) sharedMemory(s *service, n *source.Node) {
	if size, ok := c.text(s, n); ok {
		c.memory(s, n, "/dev/shm", size)
	}
}

// memory carries a folder in memory.
func (c *conversion) memory(s *service, n *source.Node, target, size string) {
	volume := draft.NewMap().Set("path", draft.Text(target), n).Set("temporary", draft.Bool(true), n).Set("medium", draft.Plain("Memory"), n)
	if size != "" {
		if quantity, ok := bytesQuantity(size); ok {
			volume.Set("size", draft.Plain(quantity), n)
		} else {
			c.lost(s, n, "%q is not a size; next: write it as 64m or 1g", source.Shorten(size))
		}
	}
	s.out.Keys.At("volumes", n).Set(c.volumeName(s, target), volume, n)
}

// bytesQuantity turns a size of Compose, whose k, m and g are powers of 1024, into a quantity of Kubernetes.
func bytesQuantity(text string) (string, bool) {
	text = strings.ToLower(strings.TrimSpace(text))
	digits := strings.TrimRight(text, "abcdefghijklmnopqrstuvwxyz ")
	unit, known := map[string]string{"": "", "b": "", "k": "Ki", "kb": "Ki", "kib": "Ki", "m": "Mi", "mb": "Mi", "mib": "Mi", "g": "Gi", "gb": "Gi", "gib": "Gi",
		"t": "Ti", "tb": "Ti", "tib": "Ti"}[text[len(digits):]]
	number, err := strconv.ParseFloat(digits, 64)
	if err != nil || !known || number <= 0 || number > 1<<40 || strings.ContainsAny(digits, "xXpP_eE+-") {
		return "", false
	}
	if unit == "" {
		whole := int64(number)
		for _, u := range []string{"Ki", "Mi", "Gi", "Ti"} {
			if whole%1024 != 0 || whole == 0 {
				break
			}
			whole /= 1024
			unit = u
		}
		return strconv.FormatInt(whole, 10) + unit, true
	}
	if number != float64(int64(number)) { // a quantity in whole numbers reads the same everywhere
		smaller := map[string]string{"Ti": "Gi", "Gi": "Mi", "Mi": "Ki", "Ki": ""}
		return strconv.FormatInt(int64(number*1024), 10) + smaller[unit], true
	}
	return strconv.FormatInt(int64(number), 10) + unit, true
}
