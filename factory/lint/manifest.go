package lint

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/helm-chart-factory/factory/factory/lint/rendered"
	"github.com/helm-chart-factory/factory/factory/spec"
)

// inManifests returns the place of an object, or of one of its fields, in the raw manifests that a service brings along.
func inManifests(s *spec.Service, o *rendered.Object, path string) (spec.Position, bool) {
	if !strings.HasSuffix(o.Template, "/templates/manifests.yaml") && !strings.Contains(o.Template, "/crds/") {
		return spec.Position{}, false
	}
	for _, m := range s.Manifests {
		for decoder := yaml.NewDecoder(bytes.NewReader(m.Data)); ; {
			var document yaml.Node
			if err := decoder.Decode(&document); err != nil {
				break
			}
			if len(document.Content) == 0 || o.Kind == "" {
				continue
			}
			object := document.Content[0]
			if text(object, "kind") == o.Kind && text(child(object, "metadata"), "name") == o.Name {
				n := field(object, path)
				return spec.Position{File: s.Dir + "/" + m.File, Line: n.Line, Column: n.Column}, true
			}
		}
	}
	return spec.Position{}, false
}

// field returns the deepest part of a path, as spec.rules[0].host, that an object has: its key where there is one.
func field(n *yaml.Node, path string) *yaml.Node {
	best := n
	for _, step := range regexp.MustCompile(`\["([^"]+)"\]|\[(\d+)\]|([^.\[\]]+)`).FindAllStringSubmatch(path, -1) {
		var next *yaml.Node
		if i, err := strconv.Atoi(step[2]); err == nil {
			if n.Kind == yaml.SequenceNode && i < len(n.Content) {
				next = n.Content[i]
				best = next
			}
		} else {
			key := step[1] + step[3]
			if next = child(n, key); next != nil {
				best = keyNode(n, key)
			}
		}
		if next == nil {
			return best
		}
		n = next
	}
	return best
}

func child(n *yaml.Node, key string) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

func keyNode(n *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i]
		}
	}
	return n
}

func text(n *yaml.Node, key string) string {
	if value := child(n, key); value != nil {
		return value.Value
	}
	return ""
}
