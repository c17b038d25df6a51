// Package compose turns Compose files into drafts of specs. It reads the files itself, strictly and with the place of every
// value, because the report is about places; what Docker's own library returns has none.
package compose

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/helm-chart-factory/factory/factory/importer/draft"
	"github.com/helm-chart-factory/factory/factory/importer/source"
)

// Input is what is converted.
type Input struct {
	// Folder holds the files and all that they name.
	Folder source.Folder
	// Paths are the Compose files in the folder, later ones laid over earlier ones.
	Paths []string
	// Profiles are those that are on; "*" is all of them.
	Profiles []string
}

// Convert makes a draft of everything that the files say. The error is spec.Problems: what cannot be read at all.
func Convert(in Input) (*draft.Project, error) {
	m, err := read(in.Folder, in.Paths)
	if err != nil {
		return nil, err
	}
	c := &conversion{model: m, project: &draft.Project{}, byAlias: map[string]*service{}, profiles: in.Profiles,
		volumeUsers: map[string][]string{}, used: map[string]bool{}}
	c.report, c.kept = &c.project.Report, draft.NewKept(c.project)
	c.top()
	c.begin()
	for _, s := range c.services {
		c.collect(s)
	}
	for _, s := range c.services {
		s.recipe = c.recipe(s)
		c.relate(s)
	}
	c.guessPorts()
	c.keepSecrets()
	for _, s := range c.services {
		c.finish(s)
		c.project.Services = append(c.project.Services, s.out)
	}
	c.unused()
	c.kept.Finish()
	c.assumptions()
	c.report.Sort()
	return c.project, nil
}

type conversion struct {
	*model
	project  *draft.Project
	report   *draft.Report
	profiles []string
	services []*service
	byAlias  map[string]*service
	// volumeUsers are the services that mount a volume of the file, by the volume's key, or by the ./path
	// of a folder that becomes one.
	volumeUsers map[string][]string
	// used are the configs and secrets of the file that a service takes.
	used map[string]bool
	// generated are the values that services make anew.
	generated []made
	kept      *draft.Kept
}

// service is one service on its way from Compose to a spec.
type service struct {
	key, name string
	node      *source.Node
	out       *draft.Service
	// aliases are the names by which others call it.
	aliases []string
	// dir is where its relative paths begin.
	dir     string
	context string // the build context in the folder, when it is known
	recipe  recipe
	ports   []*port
	names   *draft.Names // of ports
	volumes *draft.Names
	env     []*variable
	needs   []need
	// mentioned are ports that others call.
	mentioned []mention
	// entrypoint and command are nil when the image's own hold.
	entrypoint, command *words
	// check is the command of the health check, with its timings.
	check     []word
	probe     *draft.Map
	probeFrom *source.Node
	// restartFrom says that it is not started again; readOnlyRoot that it writes into volumes only.
	restartFrom  *source.Node
	root         *source.Node // what says that it runs as root
	drops        draft.List   // the capabilities that it loses
	readOnlyRoot bool
	// once says that others wait for it to end.
	once bool
}

// need is a service that is called.
type need struct {
	target *service
	from   *source.Node
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

func (c *conversion) add(level draft.Level, s *service, n *source.Node, format string, args ...any) {
	name := ""
	if s != nil {
		name = s.name
	}
	c.report.Add(level, name, n, format, args...)
}

// begin gives every service its name. Those of profiles that are off are left out.
func (c *conversion) begin() {
	names := draft.NewNames("global", "tags", "project")
	for _, pair := range c.root.Get("services").Pairs {
		if pair.Value.Kind != source.Mapping {
			c.lost(nil, pair.Value, "a service is keys with values, not %s", pair.Value.Kind)
			continue
		}
		if off := c.switchedOff(pair.Value); off != "" {
			c.lost(nil, pair.Value, "the profile %s is off, so this service is left out; next: import it with --profile %s", off, off)
			continue
		}
		s := &service{key: pair.Key.Text, name: names.For(pair.Key.Text), node: pair.Value, names: draft.NewNames(), volumes: draft.NewNames()}
		s.dir = c.folders[pair.Value.At.File]
		s.out = draft.NewService(s.name, pair.Key)
		if s.name != s.key {
			c.changed(s, pair.Key, "the service is called %s: names are small letters, digits and dashes", s.name)
		}
		c.services = append(c.services, s)
		c.aliases(s)
	}
}

// switchedOff returns a profile of the service when none of its profiles is on.
func (c *conversion) switchedOff(n *source.Node) string {
	profiles := listOf(n.Get("profiles"))
	if len(profiles) == 0 || slices.Contains(c.profiles, "*") {
		return ""
	}
	for _, profile := range profiles {
		if slices.Contains(c.profiles, profile.Text) {
			return ""
		}
	}
	return profiles[0].Text
}

// aliases notes every name that a service answers to. The first service that claims a name has it.
func (c *conversion) aliases(s *service) {
	s.aliases = []string{s.key}
	for _, key := range []string{"container_name", "hostname"} {
		if n := s.node.Get(key); n.Is(source.Scalar) && n.Text != "" {
			s.aliases = append(s.aliases, n.Text)
		}
	}
	if networks := s.node.Get("networks"); networks.Is(source.Mapping) {
		for _, pair := range networks.Pairs {
			for _, alias := range listOf(pair.Value.Get("aliases")) {
				s.aliases = append(s.aliases, alias.Text)
			}
		}
	}
	for _, alias := range s.aliases {
		if _, taken := c.byAlias[alias]; !taken && alias != "" {
			c.byAlias[alias] = s
		}
	}
}

// first are the keys that others build on.
var first = []string{"build", "depends_on", "links", "environment", "ports"}

// collect goes through the keys of a service.
func (c *conversion) collect(s *service) {
	pairs := slices.Clone(s.node.Pairs)
	slices.SortStableFunc(pairs, func(a, b source.Pair) int {
		return cmp.Compare(turn(a.Key.Text), turn(b.Key.Text))
	})
	for _, pair := range pairs {
		key := pair.Key.Text
		take, known := taken[key]
		reason, refused := notTaken[key]
		switch {
		case known && pair.Value.Said(), known && key == "healthcheck":
			take(c, s, pair.Value)
		case known, refused && harmless(key, pair.Value):
		case refused:
			c.lost(s, pair.Value, "%s", reason)
		case strings.HasPrefix(key, "x-"):
			c.lost(s, pair.Value, "an extension, whose meaning only its reader knows; next: see what reads it")
		default:
			c.lost(s, pair.Value, "Compose has no such key; next: correct the key, or leave it out")
		}
	}
}

// turn is when a key is looked at.
func turn(key string) int {
	if i := slices.Index(first, key); i >= 0 {
		return i
	}
	return len(first)
}

// text returns a single value that may be written into a spec. What holds the value of a secret variable may not.
func (c *conversion) text(s *service, n *source.Node) (string, bool) {
	if !n.Is(source.Scalar) {
		if n != nil {
			c.lost(s, n, "a single value is wanted here, not %s", n.Kind)
		}
		return "", false
	}
	c.missing(s, n)
	for _, part := range n.Parts {
		if part.Hidden != "" {
			c.lost(s, n, "it holds the value of %s, which is not written into a spec; next: take it from a Secret", part.Hidden)
			return "", false
		}
	}
	return n.Text, true
}

// missing reports variables that nobody gave a value.
func (c *conversion) missing(s *service, n *source.Node) {
	for _, name := range n.Missing {
		c.check(s, n, "the variable %s has no value in .env and no default, so nothing stands in its place; next: set it in .env and import again, or write the value into the spec", name)
	}
}

// each goes through a list, or the one value in its place.
func (c *conversion) each(s *service, n *source.Node, take func(item *source.Node)) {
	if n.Is(source.Mapping) {
		c.lost(s, n, "a list is wanted here, not keys with values")
		return
	}
	for _, item := range listOf(n) {
		take(item)
	}
}

// keys goes through a mapping; what take does not know, and returns false for, is reported.
func (c *conversion) keys(s *service, n *source.Node, take func(key string, value *source.Node) bool) {
	if !n.Is(source.Mapping) {
		c.lost(s, n, "keys with values are wanted here, not %s", n.Kind)
		return
	}
	for _, pair := range n.Pairs {
		if pair.Value.Said() && !take(pair.Key.Text, pair.Value) && !strings.HasPrefix(pair.Key.Text, "x-") {
			c.lost(s, pair.Value, "a spec has no key for it")
		}
	}
}

// namedTexts returns what is said as keys with values or as a list of NAME=value, in order. A name without a value has no Text.
func (c *conversion) namedTexts(s *service, n *source.Node) []source.Pair {
	switch made := byName(n); made.Kind {
	case source.Mapping:
		return made.Pairs
	default:
		c.lost(s, n, "keys with values, or a list of NAME=value, are wanted here")
		return nil
	}
}

// resolve returns the path in the folder that a path of a service leads to.
func (c *conversion) resolve(s *service, n *source.Node, text string) (string, bool) {
	from, known := c.folders[n.At.File]
	if !known {
		from = s.dir
	}
	return c.folder.Resolve(from, path.Clean(text))
}
