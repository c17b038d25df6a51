package spec

import (
	"reflect"

	"go.yaml.in/yaml/v3"
)

// Tests are pods of helm test beside the one that every chart with a TCP port has, in the order of the file.
//
//spec:schema {type: object, propertyNames: {not: {enum: [connection]}}, additionalProperties: {$ref: TestPod}}
type Tests []Container

// TestPod is a pod that helm test runs: it passes when its container ends with exit code 0. It is as confined as Pod Security
// restricted asks, has an empty /tmp and no token, and is let in where the service is.
type TestPod struct {
	// Image is a ready image, as [host/]path[:tag][@digest]. Default: the service's own. Example: curlimages/curl:8.10.1.
	Image string `spec:"image"`
	// PullPolicy is Always, IfNotPresent or Never. Default: Always for the tag latest, else IfNotPresent.
	PullPolicy string `spec:"pullPolicy,enum=Always|IfNotPresent|Never"`
	// Command replaces the image's entrypoint. Example: [curl, --fail, "http://${api.host}/health"].
	Command []string `spec:"command"`
	// Args replace the arguments of the image's entrypoint. Example: [selftest].
	Args []string `spec:"args"`
	// Env are the environment variables, in the order of the file. Example: {LOG_LEVEL: info}.
	Env Env `spec:"env"`
	// EnvFrom are ConfigMaps and Secrets each of whose keys becomes a variable. Example: [{configMap: settings}].
	EnvFrom []EnvSource `spec:"envFrom"`
	// Resources are requests and limits. Default: those of a service that says none.
	Resources Resources `spec:"resources"`
}

// BuiltinTest is the name of the test that every chart with a TCP port has.
const BuiltinTest = "connection"

// entry is what layers of tests merge by.
func (Tests) entry() reflect.Type { return reflect.TypeFor[TestPod]() }

func (t *Tests) decodeNode(d *decoder, n *yaml.Node) {
	if !d.kind(n, yaml.MappingNode) {
		return
	}
	d.pairs(n, func(key, value *yaml.Node) {
		switch {
		case !rfc1035.MatchString(key.Value) || len(key.Value) > longestName:
			d.problem(key, "%q cannot be the name of a test: use 1 to %d small letters, digits and dashes, beginning with a letter", short(key.Value), longestName)
		case key.Value == BuiltinTest:
			d.problem(key, "%q is the test that every chart has: give this one another name", BuiltinTest)
		}
		said := TestPod{Resources: newResources()}
		d.decode(value, &said)
		if value.Kind == yaml.MappingNode && said.Image == "" && len(said.Command)+len(said.Args) == 0 {
			d.problem(key, "the test %s would run the service once more, which does not end: say command or args, or an image that is a test", short(key.Value))
		}
		*t = append(*t, Container{
			Name: key.Value, Image: said.Image, PullPolicy: said.PullPolicy, Command: said.Command, Args: said.Args, Env: said.Env,
			EnvFrom: said.EnvFrom, Resources: said.Resources,
		})
	})
}

// checkTests judges the tests as containers.
func (l *loader) checkTests(s *Service) {
	for i := range s.Tests {
		c := &s.Tests[i]
		l.checkImage(s, c)
		l.checkEnv(s, c)
		if s.source.has("tests", c.Name, "resources") {
			l.checkResources(c.Resources, func(path ...string) Position { return s.at(c, path...) })
		}
	}
}

// TestLabel is the name by which network policies know the pods of a service's tests.
func (s *Service) TestLabel() string { return s.Name + ".test" }
