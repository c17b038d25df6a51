package compose

import (
	"path"
	"path/filepath"
	"strings"

	"github.com/helm-chart-factory/factory/factory/importer/draft"
	"github.com/helm-chart-factory/factory/factory/importer/source"
)

func (c *conversion) image(s *service, n *source.Node) {
	if s.node.Get("build").Said() {
		c.changed(s, n, "the image that is built is called <registry>/%s:latest, where the registry is the project's; next: say build.image to call it otherwise", s.name)
		return
	}
	if image, ok := c.text(s, n); ok {
		s.out.Keys.Set("image", draft.Text(image), n)
	}
}

func (c *conversion) pullPolicy(s *service, n *source.Node) {
	policy, ok := c.text(s, n)
	known := map[string]string{"always": "Always", "never": "Never", "missing": "IfNotPresent", "if_not_present": "IfNotPresent"}
	switch {
	case !ok:
	case known[policy] != "":
		s.out.Keys.Set("pullPolicy", draft.Plain(known[policy]), n)
	case policy == "build":
		c.lost(s, n, "factory build makes the image when its inputs changed; next: leave it out")
	default:
		c.lost(s, n, "Kubernetes pulls always, never, or when the image is missing; next: set one of these")
	}
}

// build carries the folder and the Dockerfile. A folder outside of the project cannot be built from.
func (c *conversion) build(s *service, n *source.Node) {
	made := draft.NewMap()
	context, dockerfile := n, (*source.Node)(nil)
	if n.Is(source.Mapping) {
		context, dockerfile = n.Get("context"), n.Get("dockerfile")
		c.keys(s, n, func(key string, value *source.Node) bool { return c.buildKey(s, made, key, value) })
	}
	if context == nil {
		context = n.Like(source.Scalar)
		context.Text = "."
	}
	folder, ok := c.text(s, context)
	if !ok {
		return
	}
	resolved, inside := c.resolve(s, context, folder)
	switch {
	case strings.Contains(folder, "://") || strings.HasPrefix(folder, "git@"):
		c.lost(s, context, "the image is built from a repository, and factory builds from folders of the project; next: put the code into %s", s.out.Dir())
	case !inside || !c.folder.InProject:
		c.lost(s, context, "the build context lies outside of the project; next: move it to %s, where the Dockerfile is looked for", s.out.Dir())
	default:
		s.context = resolved
		relative, err := filepath.Rel(filepath.FromSlash(s.out.Dir()), filepath.FromSlash(resolved))
		if err == nil && relative != "." {
			made.Set("context", draft.Text(filepath.ToSlash(relative)), context)
		}
	}
	if dockerfile.Said() {
		c.dockerfile(s, made, dockerfile)
	}
	if made.Len() > 0 {
		s.out.Keys.Set("build", made, n)
	}
}

func (c *conversion) dockerfile(s *service, made *draft.Map, n *source.Node) {
	file, ok := c.text(s, n)
	if !ok || path.Clean(file) == "Dockerfile" {
		return
	}
	if _, inside := c.folder.Resolve(s.context, file); !inside {
		c.lost(s, n, "the Dockerfile lies outside of the project; next: move it below the build context")
		return
	}
	made.Set("dockerfile", draft.Text(path.Clean(file)), n)
}

// buildKey takes one key of build, and tells whether it knows it.
func (c *conversion) buildKey(s *service, made *draft.Map, key string, n *source.Node) bool {
	reasons := map[string]string{
		"dockerfile_inline":   "factory builds from a file; next: write the lines into %s/Dockerfile",
		"target":              "factory builds the last stage of a Dockerfile; next: make the stage the last one, or a Dockerfile of its own",
		"additional_contexts": "factory builds from one folder; next: raise build.context to the folder that holds both",
		"ssh":                 "a build gets no keys; next: fetch what it needs before",
		"secrets":             "a build gets no secrets; next: fetch what it needs before",
		"extra_hosts":         "a build gets no lines in /etc/hosts; next: use names that DNS knows",
		"privileged":          "a build has no privileges; next: leave it out",
		"entitlements":        "a build has no privileges; next: leave it out",
		"platforms":           "factory builds for the node's platform; next: leave it out",
		"tags":                "the image is called <registry>/<service>:latest; next: say build.image",
		"labels":              "factory sets no labels on images; next: write LABEL into the Dockerfile",
	}
	switch key {
	case "context", "dockerfile":
	case "args":
		args := draft.NewMap()
		for _, pair := range c.namedTexts(s, n) {
			text, given := c.variables[pair.Key.Text]
			if pair.Value.Kind != source.Null {
				text, given = c.text(s, pair.Value)
			} else if !given {
				c.lost(s, pair.Value, "the build argument %s has no value here: Compose takes it from the environment; next: write the value into build.args", pair.Key.Text)
			}
			if given {
				c.buildArgument(s, args, pair, text)
			}
		}
		if args.Len() > 0 {
			made.Set("args", args, n)
		}
	case "cache_from", "cache_to", "no_cache", "pull", "network", "shm_size", "ulimits", "isolation", "provenance", "sbom", "no_cache_filter":
		c.lost(s, n, "how a build runs is the engine's; next: leave it out")
	default:
		reason, known := reasons[key]
		if !known {
			return false
		}
		c.lost(s, n, "%s", strings.ReplaceAll(reason, "%s", s.out.Dir()))
	}
	return true
}

func (c *conversion) buildArgument(s *service, args *draft.Map, pair source.Pair, value string) {
	if draft.HoldsSecret(pair.Key.Text, value) {
		c.lost(s, pair.Value, "the build argument %s looks like a secret, which an image keeps for all to see; next: give it to the container at run time", pair.Key.Text)
		return
	}
	args.Set(pair.Key.Text, draft.Text(value), pair.Value)
}
