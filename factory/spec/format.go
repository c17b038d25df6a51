package spec

import (
	"strconv"

	"go.yaml.in/yaml/v3"
)

// Version is the version of the format of factory.yaml that this program reads. The specs beside it are in the same one.
const Version = 1

// format is what the loader reads: one version, and how older ones become it.
type format struct {
	version int
	// conversions are by the version that they begin from. Each leads to the next one.
	conversions map[int]conversion
}

// currentFormat has no conversions: version 1 is the first.
func currentFormat() format { return format{version: Version} }

// conversion brings specs of one version to the next, before anything of them is read, so that none is read by two sets of rules.
// It works on nodes, which keep their places: a message is about what people wrote. A node that it makes takes the place of the one
// that it is made from. Either function may be nil.
type conversion struct {
	// project converts the root of factory.yaml, and what that says of an environment.
	project func(root *yaml.Node)
	// service converts the root of a service.yaml, of a service.ENVIRONMENT.yaml, and of what factory.yaml says of services.
	service func(root *yaml.Node)
}

// from returns the conversions that lead from a version to this one, and whether there is a way.
func (f format) from(version int64) ([]conversion, bool) {
	var steps []conversion
	for ; version < int64(f.version); version++ {
		step, ok := f.conversions[int(version)]
		if !ok {
			return nil, false
		}
		steps = append(steps, step)
	}
	return steps, version == int64(f.version)
}

// convert brings factory.yaml to the version that is read here, and remembers how to do so with the specs beside it. It is false,
// and the problem told, when there is no way; the rest of the file would then be read by the wrong rules.
func (l *loader) convert(root *yaml.Node) bool {
	key, node := below(root, "version")
	before := len(l.problems)
	var version int64
	ok := l.decoder.plain(node)
	if ok {
		version, ok = l.decoder.integer(node)
	}
	if !ok {
		// Decoding says the same once more; the rest is judged as if it were of this version.
		l.problems = l.problems[:before]
		return true
	}
	steps, ok := l.format.from(version)
	if !ok {
		l.decoder.problem(key, "version %d is not known to this factory, which reads version %d: use the factory that wrote it, or a newer one", version, l.format.version)
		return false
	}
	for _, step := range steps {
		if step.project != nil {
			step.project(root)
			_, environments := below(root, "environments")
			for _, environment := range valuesOf(environments) {
				step.project(environment)
			}
		}
		if step.service == nil {
			continue
		}
		l.conversions = append(l.conversions, step.service)
		for _, service := range servicesIn(root) {
			step.service(service)
		}
	}
	node.Value = strconv.Itoa(l.format.version)
	return true
}

// servicesIn returns the parts of factory.yaml that are laid over or under services.
func servicesIn(root *yaml.Node) []*yaml.Node {
	_, environments := below(root, "environments")
	var found []*yaml.Node
	for _, part := range append(valuesOf(environments), root) {
		if _, defaults := below(part, "defaults"); defaults != nil && defaults.Kind == yaml.MappingNode {
			found = append(found, defaults)
		}
	}
	for _, environment := range valuesOf(environments) {
		_, services := below(environment, "services")
		found = append(found, valuesOf(services)...)
	}
	return found
}

// valuesOf returns those values of a mapping that are mappings.
func valuesOf(n *yaml.Node) []*yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	var values []*yaml.Node
	for i := 1; i < len(n.Content); i += 2 {
		if n.Content[i].Kind == yaml.MappingNode {
			values = append(values, n.Content[i])
		}
	}
	return values
}

// convertService brings the spec of a service, and what it says of environments, to the version that is read here.
func (l *loader) convertService(root *yaml.Node) {
	if root == nil || root.Kind != yaml.MappingNode {
		return
	}
	for _, convert := range l.conversions {
		convert(root)
		_, environments := below(root, "environments")
		for _, environment := range valuesOf(environments) {
			convert(environment)
		}
	}
}
