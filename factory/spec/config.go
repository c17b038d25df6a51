package spec

import (
	"crypto/sha256"
	"encoding/hex"

	"go.yaml.in/yaml/v3"
)

// linkConfig finds out which ConfigMaps and Secrets of the raw manifests each service's pods read, so that a change rolls them. What
// the cluster makes, as generated and fetched secrets, is not among them.
func (l *loader) linkConfig(p *Project) {
	content := map[identity]*yaml.Node{}
	for _, s := range p.Released() {
		for _, o := range s.rawObjects() {
			if o.content != nil {
				content[identity{kind: o.kind, name: o.name}] = o.content
			}
		}
	}
	if len(content) == 0 {
		return
	}
	for _, s := range p.Services {
		s.ConfigHash = configHash(s, content)
	}
}

// configHash is a hash of those objects that the pods of a service read, or "" when there are none.
func configHash(s *Service, content map[identity]*yaml.Node) string {
	hash, any, known := sha256.New(), false, map[identity]bool{}
	add := func(kind, name string) {
		id := identity{kind: kind, name: name}
		n := content[id]
		if n == nil || known[id] {
			return
		}
		known[id], any = true, true
		text, err := yaml.Marshal(n)
		if err != nil {
			panic("spec: a manifest that was read cannot be written: " + err.Error())
		}
		hash.Write(text)
	}
	for _, c := range s.Containers() {
		for _, v := range c.Env {
			if v.ConfigMap != nil {
				add("ConfigMap", v.ConfigMap.Name)
			}
			if v.Secret != nil {
				add("Secret", v.Secret.Name)
			}
		}
		for _, from := range c.EnvFrom {
			add("ConfigMap", from.ConfigMap)
			add("Secret", from.Secret)
		}
	}
	for _, name := range sortedKeys(s.Volumes) {
		add("ConfigMap", s.Volumes[name].ConfigMap)
		add("Secret", s.Volumes[name].Secret)
	}
	if !any {
		return ""
	}
	return hex.EncodeToString(hash.Sum(nil))
}

// contentOf returns what a ConfigMap or a Secret holds for those who read it; nil for other objects.
func contentOf(head manifestHead, n *yaml.Node) *yaml.Node {
	if head.APIVersion != "v1" || head.Kind != "ConfigMap" && head.Kind != "Secret" {
		return nil
	}
	content := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	for _, section := range []string{"data", "binaryData", "stringData"} {
		if _, value := below(n, section); value != nil {
			content.Content = append(content.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: section}, value)
		}
	}
	return content
}
