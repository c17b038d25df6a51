// Package manifests turns Kubernetes manifests into drafts of specs: every workload becomes a service, and the objects that
// belong to it by selectors, names and references become its keys.
package manifests

import (
	"slices"
	"strconv"

	"github.com/helm-chart-factory/factory/factory/importer/draft"
	"github.com/helm-chart-factory/factory/factory/importer/source"
)

// Input is what is converted.
type Input struct {
	// Folder holds the files.
	Folder source.Folder
	// Paths are the manifests in the folder.
	Paths []string
}

// Convert makes a draft of everything that the manifests say. The error is spec.Problems: what cannot be read at all.
func Convert(in Input) (*draft.Project, error) {
	objects, err := read(in.Folder, in.Paths)
	if err != nil {
		return nil, err
	}
	c := &conversion{project: &draft.Project{}, objects: objects, byHost: map[string]*service{}}
	c.report, c.kept = &c.project.Report, draft.NewKept(c.project)
	c.namespaces()
	c.workloads()
	c.serviceObjects()
	c.hosts()
	for _, s := range c.services {
		c.workload(s)
	}
	c.attach()
	for _, s := range c.services {
		c.affinity(s)
		c.relate(s)
	}
	for _, s := range c.services {
		c.finish(s)
		c.project.Services = append(c.project.Services, s.out)
	}
	c.rest()
	c.kept.Finish()
	c.assumptions()
	c.report.Sort()
	return c.project, nil
}

type conversion struct {
	project  *draft.Project
	report   *draft.Report
	kept     *draft.Kept
	objects  []*object
	services []*service
	byHost   map[string]*service
}

// service is one workload on its way to a spec.
type service struct {
	name     string
	workload *object
	pod      *source.Node // the template, with metadata and spec
	labels   map[string]string
	object   *object // the Service that is the spec's
	out      *draft.Service
	ports    []*port
	portName *draft.Names      // of the whole pod
	others   map[string]string // names of the ports of the container that is being looked at, when it is not the main one
	volumes  *podVolumes
	copies   map[string]string       // files beside the spec, by the key that they hold
	mounted  map[string]*source.Node // what these files are mounted by
	main     *source.Node            // the container that is the spec's
	env      []*variable
	needs    []need
	scraped  *scraped
	identity podIdentity
	settled  podIdentity // of the container that is the spec's
}

// need is a service that is called.
type need struct {
	target *service
	from   *source.Node
}

func (s *service) calls(target *service) bool {
	return slices.ContainsFunc(s.needs, func(n need) bool { return n.target == target })
}

func (c *conversion) add(level draft.Level, s *service, n *source.Node, format string, args ...any) {
	name := ""
	if s != nil {
		name = s.name
	}
	c.report.Add(level, name, n, format, args...)
}

func (c *conversion) lost(s *service, n *source.Node, format string, args ...any) {
	c.add(draft.Lost, s, n, format, args...)
}

func (c *conversion) changed(s *service, n *source.Node, format string, args ...any) {
	c.add(draft.Changed, s, n, format, args...)
}

func (c *conversion) check(s *service, n *source.Node, format string, args ...any) {
	c.add(draft.Check, s, n, format, args...)
}

// take is a key and what is done with its value.
type take map[string]func(n *source.Node)

// same is for keys whose value says what a spec says anyway, or what the cluster wrote.
func same(*source.Node) {}

// keys goes through a mapping: a key that is not among the takers is reported. Values that are null or empty say nothing.
func (c *conversion) keys(s *service, n *source.Node, takers take) {
	if n == nil || n.Kind == source.Null {
		return
	}
	if n.Kind != source.Mapping {
		c.lost(s, n, "keys with values are wanted here, not %s", n.Kind)
		return
	}
	for _, pair := range n.Pairs {
		taker, known := takers[pair.Key.Text]
		switch {
		case empty(pair.Value):
		case known:
			taker(pair.Value)
		default:
			c.lost(s, pair.Value, "a spec has no key for it")
		}
	}
}

func empty(n *source.Node) bool {
	return n.Kind == source.Null || n.Kind == source.Sequence && len(n.Items) == 0 || n.Kind == source.Mapping && len(n.Pairs) == 0
}

// unless returns a taker for a value that says what holds anyway when it is one of these, and is reported otherwise.
func (c *conversion) unless(s *service, reason string, values ...string) func(*source.Node) {
	return func(n *source.Node) {
		if n.Kind != source.Scalar || !slices.Contains(values, n.Text) {
			c.lost(s, n, "%s", reason)
		}
	}
}

// not returns a taker for a key that a spec has no place for.
func (c *conversion) not(s *service, reason string) func(*source.Node) {
	return func(n *source.Node) { c.lost(s, n, "%s", reason) }
}

func (c *conversion) text(s *service, n *source.Node) (string, bool) {
	if !n.Is(source.Scalar) {
		c.lost(s, n, "a single value is wanted here, not %s", n.Kind)
		return "", false
	}
	return n.Text, true
}

func (c *conversion) number(s *service, n *source.Node) (int64, bool) {
	text, ok := c.text(s, n)
	if !ok {
		return 0, false
	}
	i, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		c.lost(s, n, "%q is not a whole number", source.Shorten(text))
		return 0, false
	}
	return i, true
}

// setText, setNumber and setSeconds return takers that write a key.

func (c *conversion) setText(s *service, into *draft.Map, key string) func(*source.Node) {
	return func(n *source.Node) {
		if text, ok := c.text(s, n); ok {
			into.Set(key, draft.Text(text), n)
		}
	}
}

func (c *conversion) setNumber(s *service, into *draft.Map, key string, usual int64) func(*source.Node) {
	return func(n *source.Node) {
		if i, ok := c.number(s, n); ok && i != usual {
			into.Set(key, draft.Number(i), n)
		}
	}
}

func (c *conversion) setSeconds(s *service, into *draft.Map, key string, usual int64) func(*source.Node) {
	return func(n *source.Node) {
		if i, ok := c.number(s, n); ok && i != usual {
			into.Set(key, draft.Plain(seconds(i)), n)
		}
	}
}

// setBool writes a truth value that is not the usual one.
func (c *conversion) setBool(s *service, into *draft.Map, key string, usual bool) func(*source.Node) {
	return func(n *source.Node) {
		switch text, ok := c.text(s, n); {
		case !ok:
		case text != "true" && text != "false":
			c.lost(s, n, "%q is neither true nor false", source.Shorten(text))
		case (text == "true") != usual:
			into.Set(key, draft.Bool(text == "true"), n)
		}
	}
}

func (c *conversion) setRaw(into *draft.Map, key string) func(*source.Node) {
	return func(n *source.Node) { into.Set(key, draft.Raw(n), n) }
}

// seconds writes a number of seconds as a person does.
func seconds(i int64) string {
	switch {
	case i > 0 && i%3600 == 0:
		return strconv.FormatInt(i/3600, 10) + "h"
	case i > 0 && i%60 == 0:
		return strconv.FormatInt(i/60, 10) + "m"
	}
	return strconv.FormatInt(i, 10) + "s"
}

// texts returns the items of a list of texts.
func (c *conversion) texts(s *service, n *source.Node) []string {
	if n.Kind != source.Sequence {
		c.lost(s, n, "a list is wanted here, not %s", n.Kind)
		return nil
	}
	var list []string
	for _, item := range n.Items {
		if text, ok := c.text(s, item); ok {
			list = append(list, text)
		}
	}
	return list
}

// namespaces takes the namespace that all objects are in as the project's.
func (c *conversion) namespaces() {
	var first *source.Node
	for _, o := range c.objects {
		n := o.meta("namespace")
		switch {
		case o.namespace == "":
		case first == nil:
			first = n
			c.project.Namespace, c.project.From = o.namespace, n
		case o.namespace != first.Text:
			c.lost(nil, n, "a project is released into one namespace, %s here; next: import this namespace into a project of its own", first.Text)
		}
	}
	for _, o := range c.objects {
		if o.is("Namespace") {
			o.placed = true
			c.changed(nil, o.node, "factory deploy makes the namespace of the project")
		}
	}
}

// rest reports the objects that went nowhere.
func (c *conversion) rest() {
	for _, o := range c.objects {
		if !o.placed {
			c.raw(o)
		}
	}
}
