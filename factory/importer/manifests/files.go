package manifests

import (
	"encoding/base64"
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/helm-chart-factory/factory/factory/importer/draft"
	"github.com/helm-chart-factory/factory/factory/importer/source"
)

// placed is a key of a ConfigMap or a Secret, and where below a mount its file is seen.
type placed struct {
	key, path string
	mode      *source.Node
}

// files carries a ConfigMap among the manifests as files beside the spec: all its keys into a folder, or one by subPath. So are the
// Secrets that factory makes of files; the data of any other stays where it is.
func (c *conversion) files(s *service, m mount, volume *source.Node, into *draft.Map) bool {
	o, mounted := c.filed(s, volume)
	if o == nil {
		return false
	}
	found := false
	for _, p := range seen(o, mounted) {
		inside, ok := m.shows(p.path)
		if !ok {
			continue
		}
		target := path.Join(m.path, inside)
		data, value, ok := o.content(p.key)
		switch {
		case !ok:
			if value != nil {
				c.lost(s, value, "this is no file's content; next: put the file beside the spec, and say it under files")
			}
		case o.kind == "ConfigMap" && draft.HoldsSecret(p.key, string(data)):
			found = true
			c.lost(s, value, "it looks like a secret, which is not written into a file; next: keep it in a Secret, and mount that")
		default:
			found = true
			o.used(p.key)
			c.relateFile(s, value)
			file := draft.NewMap().Set("source", draft.Text(s.fileOf(o, p.key, target, data, m.from)), m.from)
			if o.kind == "Secret" {
				o.placed = true
				file.Set("secret", draft.Bool(true), m.from)
			}
			if p.mode.Is(source.Scalar) && mode(p.mode.Text) != "0644" {
				file.Set("mode", draft.Text(mode(p.mode.Text)), p.mode)
			}
			value := draft.Value(file)
			if file.Len() == 1 {
				value = file.Get("source")
			}
			into.At("files", m.from).Set(target, value, m.from)
		}
	}
	return found
}

// filed returns the object that a volume mounts and whose keys become files, with how it is mounted; nil when there is none.
func (c *conversion) filed(s *service, volume *source.Node) (o *object, mounted *source.Node) {
	if mounted = volume.Get("configMap"); mounted.Get("name").Is(source.Scalar) {
		return c.find("ConfigMap", mounted.Get("name").Text), mounted
	}
	if mounted = volume.Get("secret"); mounted.Get("secretName").Is(source.Scalar) {
		o = c.find("Secret", mounted.Get("secretName").Text)
		if o != nil && o.name == s.name+".files" && labels(o.meta("labels"))["app.kubernetes.io/name"] == s.name {
			return o, mounted
		}
	}
	return nil, nil
}

// seen returns what of an object a mount shows: the keys that are listed, or all of them.
func seen(o *object, mounted *source.Node) []placed {
	var all []placed
	if items := mounted.Get("items"); items.Is(source.Sequence) && len(items.Items) > 0 {
		for _, item := range items.Items {
			if key, to := item.Get("key"), item.Get("path"); key.Is(source.Scalar) && to.Is(source.Scalar) {
				p := placed{key: key.Text, path: to.Text, mode: item.Get("mode")}
				if p.mode == nil {
					p.mode = mounted.Get("defaultMode")
				}
				all = append(all, p)
			}
		}
		return all
	}
	for _, section := range []string{"data", "binaryData"} {
		if data := o.node.Get(section); data.Is(source.Mapping) {
			for _, pair := range data.Pairs {
				all = append(all, placed{key: pair.Key.Text, path: pair.Key.Text, mode: mounted.Get("defaultMode")})
			}
		}
	}
	return all
}

// content returns what a key of a ConfigMap or a Secret holds, and where that is written.
func (o *object) content(key string) ([]byte, *source.Node, bool) {
	value, encoded := o.node.Get("data", key), o.kind == "Secret"
	if value == nil {
		value, encoded = o.node.Get("binaryData", key), true
	}
	if !value.Is(source.Scalar) {
		return nil, value, false
	}
	if !encoded {
		return []byte(value.Text), value, true
	}
	data, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(value.Text), ""))
	return data, value, err == nil
}

// mode writes a file mode, which manifests say in octal (0440) or as a decimal number (288).
func mode(text string) string {
	base := 10
	if strings.HasPrefix(text, "0") {
		base = 8
	}
	n, err := strconv.ParseInt(strings.TrimPrefix(text, "0o"), base, 32)
	if err != nil || n < 0 || n > 0o777 {
		return text
	}
	return fmt.Sprintf("%04o", n)
}

// fileOf puts the content of a key beside the spec, once, under the name by which it is first seen.
func (s *service) fileOf(o *object, key, target string, data []byte, from *source.Node) string {
	origin := o.String() + "/" + key
	if name := s.copies[origin]; name != "" {
		return name
	}
	name := s.out.AddFile(draft.FileName(path.Base(target)), data)
	s.copies[origin], s.mounted[name] = name, from
	return name
}
