package subchart

import (
	"encoding/base64"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/helm-chart-factory/factory/factory/spec"
	"github.com/helm-chart-factory/factory/factory/values"
)

// placedFile is a file that a container sees, and its key in the ConfigMap or Secret that holds it.
type placedFile struct {
	spec.File
	container, path, key string
}

func (f *placedFile) volume() string {
	if f.Secret {
		return spec.SecretFiles
	}
	return spec.ConfigFiles
}

// placeFiles gives each file of every container a key that nobody else has, made of the path at which it is seen.
func placeFiles(s *spec.Service) []placedFile {
	if !s.HasFiles() {
		return nil
	}
	var placed []placedFile
	taken := map[string]bool{}
	for _, c := range s.Containers() {
		for _, path := range slices.Sorted(maps.Keys(c.Files)) {
			name := path[1:]
			if !c.IsMain() {
				name = c.Name + path
			}
			key := fileKey(name)
			for i := 2; taken[key]; i++ {
				key = fileKey(name) + "-" + strconv.Itoa(i)
			}
			taken[key] = true
			placed = append(placed, placedFile{File: c.Files[path], container: c.Name, path: path, key: key})
		}
	}
	return placed
}

// fileKey writes a path in the characters that Kubernetes takes in a key.
func fileKey(path string) string {
	key := strings.Map(func(r rune) rune {
		switch {
		case r == '/':
			return '_'
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '-', r == '_':
			return r
		}
		return '-'
	}, path)
	if len(key) > 200 {
		key = key[len(key)-200:]
	}
	return key
}

// fileValues are the contents of files: texts of the ConfigMap as they are, the rest in base64.
func fileValues(placed []placedFile) values.Map {
	var text, binary, secret values.Map
	for _, f := range placed {
		switch {
		case f.Secret:
			secret = append(secret, values.Entry{Key: f.key, Value: base64.StdEncoding.EncodeToString(f.Content)})
		case isText(f.Content):
			text = append(text, values.Entry{Key: f.key, Value: string(f.Content)})
		default:
			binary = append(binary, values.Entry{Key: f.key, Value: base64.StdEncoding.EncodeToString(f.Content)})
		}
	}
	var m values.Map
	for _, part := range []values.Entry{{Key: "text", Value: text}, {Key: "binary", Value: binary}, {Key: "secret", Value: secret}} {
		if len(part.Value.(values.Map)) > 0 {
			m = append(m, part)
		}
	}
	return m
}

// isText tells whether a file's content can be carried by a manifest as a text. YAML has no way for some characters.
func isText(content []byte) bool {
	for len(content) > 0 {
		r, size := utf8.DecodeRune(content)
		switch {
		case r == utf8.RuneError && size == 1, r < ' ' && r != '\n' && r != '\t' && r != '\r', r >= 0x7f && r < 0xa0, r == 0xfeff, r == 0xfffe, r == 0xffff:
			return false
		}
		content = content[size:]
	}
	return true
}

// fileVolumes are the volumes of the pod that files are on. Only when a mode is said are the files listed.
func fileVolumes(s *spec.Service, placed []placedFile) []any {
	var volumes []any
	for _, kind := range []struct{ volume, source, name string }{
		{spec.ConfigFiles, "configMap", "name"}, {spec.SecretFiles, "secret", "secretName"},
	} {
		var items []any
		used, modes := false, false
		for _, f := range placed {
			if f.volume() != kind.volume {
				continue
			}
			used = true
			item := values.Map{{Key: "key", Value: f.key}, {Key: "path", Value: f.key}}
			if f.Mode != "" && f.Mode.Number() != usualMode {
				modes = true
				item = append(item, values.Entry{Key: "mode", Value: f.Mode.Number()})
			}
			items = append(items, item)
		}
		if !used {
			continue
		}
		source := values.Map{{Key: kind.name, Value: s.FilesName()}}
		if modes {
			source = append(source, values.Entry{Key: "items", Value: items})
		}
		volumes = append(volumes, values.Map{{Key: "name", Value: kind.volume}, {Key: kind.source, Value: source}})
	}
	return volumes
}

// usualMode is what Kubernetes gives to a file that says none.
const usualMode = 0o644

// needGroup tells whether a file can be read by its owner, root, and its group only.
func needGroup(placed []placedFile) bool {
	return slices.ContainsFunc(placed, func(f placedFile) bool { return f.Mode != "" && f.Mode.Number()&0o004 == 0 })
}

// hasFiles tells whether files of a service are in its ConfigMap, or in its Secret.
func hasFiles(s *spec.Service, secret bool) bool {
	if !s.HasFiles() {
		return false
	}
	for _, c := range s.Containers() {
		for _, f := range c.Files {
			if f.Secret == secret {
				return true
			}
		}
	}
	return false
}
