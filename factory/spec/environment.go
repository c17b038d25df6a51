package spec

import (
	"fmt"
	"path"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// mostEnvironments bounds the work: everything is read once more for each.
const mostEnvironments = 50

// Defaults are keys of a service that lie underneath every service. They are laid there before anything is decoded.
//
//spec:schema {$ref: Service, layer: true, without: [name, enabled, needs, image, build, port, ports, schedule, hook, secrets, files, manifests, tests, environments]}
type Defaults struct{ node *yaml.Node }

// Overrides are what differs in an environment, by its name. They are laid over the rest before that is decoded.
//
//spec:schema {type: object, additionalProperties: {$ref: Service, nulls: true, without: [name, kind, environments]}}
type Overrides []override

type override struct {
	name       string
	key, value *yaml.Node
}

func (o Overrides) names() []string {
	names := make([]string, len(o))
	for i := range o {
		names[i] = o[i].name
	}
	return names
}

func (o Overrides) find(name string) *override {
	for i := range o {
		if o[i].name == name {
			return &o[i]
		}
	}
	return nil
}

// ownKeys are what factory.yaml cannot say for all services, each with the reason.
var ownKeys = map[string]string{
	"name":         "the folder's name is the service's",
	"needs":        "no service can need itself",
	"enabled":      "a service is switched by itself",
	"image":        "all services would run the same program",
	"build":        "each image is built from its own service's folder",
	"port":         "what a program listens on is its own",
	"ports":        "what a program listens on is its own",
	"schedule":     "only a CronJob has one",
	"hook":         "only a Job can be one",
	"secrets":      "a Secret has one owner",
	"files":        "files lie in a service's folder",
	"manifests":    "files lie in a service's folder",
	"tests":        "a test is of one service",
	"environments": "they stand beside the defaults, as environments: {NAME: {defaults: …}}",
}

// fixedKeys are what an environment cannot say of a service, each with the reason.
var fixedKeys = map[string]string{
	"name":         "the folder's name is the service's everywhere",
	"kind":         "one chart serves all environments, and a workload cannot change its kind: make a service of its own for the other kind",
	"environments": "an environment has none of its own",
}

// fixedProjectKeys are what an environment cannot say of the project, each with the reason.
var fixedProjectKeys = map[string]string{
	"version":      "all specs are in one format",
	"name":         "one umbrella chart serves all environments: give the environment a namespace of its own",
	"environments": "an environment has none of its own",
}

func (v *Defaults) decodeNode(d *decoder, n *yaml.Node) {
	if d.kind(n, yaml.MappingNode) {
		v.node = d.without(n, ownKeys, "cannot be a default")
	}
}

func (o *Overrides) decodeNode(d *decoder, n *yaml.Node) {
	*o = nil
	if !d.kind(n, yaml.MappingNode) {
		return
	}
	d.pairs(n, func(key, value *yaml.Node) {
		if !rfc1035.MatchString(key.Value) || len(key.Value) > longestName {
			d.problem(key, "%q cannot be the name of an environment: use 1 to %d small letters, digits and dashes, beginning with a letter", short(key.Value), longestName)
			return
		}
		if d.plain(value) && d.kind(value, yaml.MappingNode) {
			*o = append(*o, override{name: key.Value, key: key, value: value})
		}
	})
	if len(*o) > mostEnvironments {
		d.problem(n, "these are %d environments, and %d are enough: make a project of its own for the rest", len(*o), mostEnvironments)
		*o = nil
	}
	slices.SortFunc(*o, func(a, b override) int { return strings.Compare(a.name, b.name) })
}

// without returns a mapping without the refused keys, about which it complains.
func (d *decoder) without(n *yaml.Node, refused map[string]string, what string) *yaml.Node {
	var kept []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		if reason, ok := refused[n.Content[i].Value]; ok {
			d.problem(n.Content[i], "%q %s: %s", n.Content[i].Value, what, reason)
			continue
		}
		kept = append(kept, n.Content[i], n.Content[i+1])
	}
	return d.like(n, kept)
}

// environment is what factory.yaml says about one environment.
type environment struct {
	name string
	// project is laid over factory.yaml, defaults over every service, services over the service of that name.
	project  *yaml.Node
	defaults *yaml.Node
	services map[string]*yaml.Node
}

// environments adds the project as it is in each environment, and complains about overrides that belong to none.
func (l *loader) environments(p *Project) {
	for i := range l.written {
		l.undeclared(p, &l.written[i], p.Services[i])
	}
	found := l.problems
	known := make(map[Problem]bool, len(found))
	for _, problem := range found {
		known[problem] = true
	}
	for _, o := range p.Overrides {
		l.problems = nil
		p.Environments = append(p.Environments, l.inEnvironment(p, o))
		for _, problem := range l.problems {
			if !known[problem] {
				problem.Text = fmt.Sprintf("in environment %s: %s", o.name, problem.Text)
				found = append(found, problem)
			}
		}
	}
	l.problems = found
}

// undeclared complains about overrides of a service for environments that the project does not have, and about those that are
// said in two places.
func (l *loader) undeclared(p *Project, w *written, s *Service) {
	complain := func(at Position, name string) {
		next := fmt.Sprintf("declare it there, as environments: {%s: {}}", short(name))
		if len(p.Overrides) > 0 {
			next = didYouMean(name, p.Overrides.names())
		}
		l.problems.add(at, "%s declares no environment %q: %s", ProjectFile, short(name), next)
	}
	for _, o := range s.Overrides {
		if p.Overrides.find(o.name) == nil {
			complain(w.source.position(o.key), o.name)
		}
	}
	for _, o := range w.overrides {
		switch other := s.Overrides.find(o.environment); {
		case p.Overrides.find(o.environment) == nil:
			complain(Position{File: o.file}, o.environment)
		case other != nil:
			l.problems.add(w.source.position(other.key), "%s says what differs in %s, too: keep one of them", path.Base(o.file), o.environment)
		}
	}
}

// inEnvironment reads the project once more, with one environment's layers over it.
func (l *loader) inEnvironment(base *Project, o override) *Project {
	l.decoder.from = base.source
	e := l.environment(base, o)
	source := *base.source
	source.root = l.merge(removeSaid, reflect.TypeFor[Project](), source.root, e.project)
	p := newProject(l.root)
	p.Environment, p.source = o.name, &source
	l.decoder.decode(source.root, p)
	if p.Namespace == "" {
		p.Namespace = p.Name
	}
	service := reflect.TypeFor[Service]()
	for i := range l.written {
		w := &l.written[i]
		l.decoder.from = w.source
		root := base.Services[i].source.root
		root = l.merge(removeIfSaid, service, root, e.defaults)
		root = l.merge(removeSaid, service, root, e.services[w.name])
		if own := base.Services[i].Overrides.find(o.name); own != nil {
			root = l.merge(removeSaid, service, root, l.decoder.without(own.value, fixedKeys, "cannot differ between environments"))
		}
		for _, file := range w.overrides {
			if file.environment == o.name && file.root != nil {
				root = l.merge(removeSaid, service, root, l.decoder.without(file.root, fixedKeys, "cannot differ between environments"))
			}
		}
		p.Services = append(p.Services, l.service(w, root))
	}
	l.settle(p)
	return p
}

// environment takes apart what factory.yaml says about an environment.
func (l *loader) environment(p *Project, o override) environment {
	d := l.decoder
	e := environment{name: o.name, services: map[string]*yaml.Node{}}
	known := slices.DeleteFunc(slices.Clone(d.fieldsOf(reflect.TypeFor[Project]()).keys), func(key string) bool { return fixedProjectKeys[key] != "" })
	known = append(known, "services")
	e.project = &yaml.Node{Kind: yaml.MappingNode, Line: o.value.Line, Column: o.value.Column}
	d.pairs(d.without(o.value, fixedProjectKeys, "cannot differ between environments"), func(key, value *yaml.Node) {
		switch {
		case !slices.Contains(known, key.Value):
			d.unknown(key, known)
		case key.Value == "defaults":
			if d.plain(value) && d.kind(value, yaml.MappingNode) {
				e.defaults = d.without(d.without(value, ownKeys, "cannot be a default"), fixedKeys, "cannot differ between environments")
			}
		case key.Value == "services":
			l.environmentServices(p, &e, value)
		default:
			e.project.Content = append(e.project.Content, key, value)
		}
	})
	return e
}

func (l *loader) environmentServices(p *Project, e *environment, n *yaml.Node) {
	d := l.decoder
	if !d.plain(n) || !d.kind(n, yaml.MappingNode) {
		return
	}
	d.pairs(n, func(key, value *yaml.Node) {
		switch {
		case p.Service(key.Value) == nil:
			d.problem(key, "there is no service %q: %s", short(key.Value), didYouMean(key.Value, p.names()))
		case d.plain(value) && d.kind(value, yaml.MappingNode):
			e.services[key.Value] = d.without(value, fixedKeys, "cannot differ between environments")
		}
	})
}

// merge lays a layer over what lies below; positions in both are told by what the decoder reads from.
func (l *loader) merge(n nulls, t reflect.Type, below, above *yaml.Node) *yaml.Node {
	m := merger{decoder: l.decoder, nulls: n}
	return m.merge(t, below, above)
}

// Env returns the project as it is in an environment; "" is the project by itself.
func (p *Project) Env(name string) (*Project, error) {
	if name == "" {
		return p, nil
	}
	for _, e := range p.Environments {
		if e.Environment == name {
			return e, nil
		}
	}
	return nil, unknownEnvironment{name: name, known: p.Overrides.names()}
}

// unknownEnvironment is a name on the command line that factory.yaml does not have.
type unknownEnvironment struct {
	name  string
	known []string
}

func (e unknownEnvironment) Error() string {
	if len(e.known) == 0 {
		return fmt.Sprintf("there is no environment %q: %s declares none; add environments: {%s: {}} to it", short(e.name), ProjectFile, short(e.name))
	}
	return fmt.Sprintf("there is no environment %q: %s", short(e.name), didYouMean(e.name, e.known))
}

// Usage says that the command is wrong.
func (e unknownEnvironment) Usage() bool { return true }
