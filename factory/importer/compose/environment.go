package compose

import (
	"errors"
	"io/fs"
	"slices"
	"strconv"

	"github.com/helm-chart-factory/factory/factory/importer/draft"
	"github.com/helm-chart-factory/factory/factory/importer/source"
)

// variable is a variable of a container.
type variable struct {
	name  string
	from  *source.Node
	parts word
	// service or secret, with key, is where the value comes from, when it is not to be written.
	service, secret, key string
	// used says that other texts hold $(name), so that it comes before them.
	used bool
}

func (v *variable) hidden() bool { return v.key != "" }

func (s *service) variable(name string) *variable {
	if i := slices.IndexFunc(s.env, func(v *variable) bool { return v.name == name }); i >= 0 {
		return s.env[i]
	}
	return nil
}

// environment takes the variables of the file; those of env files are there already or come later, and do not win.
func (c *conversion) environment(s *service, n *source.Node) {
	var said []*variable
	names := map[string]int{}
	for _, pair := range c.namedTexts(s, n) {
		value := pair.Value
		c.missing(s, value)
		v := &variable{name: pair.Key.Text, from: value, parts: partsOf(value)}
		switch {
		case value.Kind == source.Null:
			text, set := c.variables[v.name]
			if !set {
				c.lost(s, value, "the variable %s has no value here: Compose takes it from the environment; next: write the value into env", v.name)
				continue
			}
			v.parts = word{{Text: text}}
		case value.Kind != source.Scalar:
			c.lost(s, value, "the value of a variable is a text, not %s", value.Kind)
			continue
		}
		names[v.name] = len(said)
		said = append(said, v)
	}
	var merged []*variable
	for _, v := range s.env {
		if _, again := names[v.name]; !again {
			merged = append(merged, v)
		}
	}
	s.env = append(merged, said...)
}

// envFiles takes the variables of files; a later file wins, and what the Compose file says itself wins over all.
func (c *conversion) envFiles(s *service, n *source.Node) {
	own := map[string]bool{}
	for _, v := range s.env {
		own[v.name] = true
	}
	place := map[string]int{}
	var read []*variable
	c.envFileItems(s, n, func(file, item *source.Node) {
		for _, set := range c.readEnvFile(s, file, item) {
			v := &variable{name: set.name, from: item, parts: word{{Text: set.value}}}
			if i, again := place[v.name]; again {
				read[i] = v
				continue
			}
			place[v.name] = len(read)
			read = append(read, v)
		}
	})
	read = slices.DeleteFunc(read, func(v *variable) bool { return own[v.name] })
	s.env = append(read, s.env...)
}

func (c *conversion) envFileItems(s *service, n *source.Node, take func(file, item *source.Node)) {
	items := []*source.Node{n}
	if n.Is(source.Sequence) {
		items = n.Items
	}
	for _, item := range items {
		switch item.Kind {
		case source.Scalar:
			take(item, item)
		case source.Mapping:
			if file := item.Get("path"); file.Is(source.Scalar) {
				take(file, item)
			} else {
				c.lost(s, item, "an env file needs its path")
			}
		default:
			c.lost(s, item, "an env file is a path")
		}
	}
}

func (c *conversion) readEnvFile(s *service, n, item *source.Node) []setting {
	name, ok := c.text(s, n)
	if !ok {
		return nil
	}
	file, inside := c.resolve(s, n, name)
	if !inside {
		c.lost(s, n, "the env file lies outside of %s; next: write its variables into env", c.folder.What())
		return nil
	}
	data, err := c.folder.Read(file)
	switch {
	case errors.Is(err, fs.ErrNotExist) && item.Get("required") != nil && item.Get("required").Text == "false":
		return nil
	case errors.Is(err, fs.ErrNotExist):
		c.lost(s, n, "the env file is not there; next: put it there and import again, or write its variables into env")
		return nil
	}
	known := c.variables
	if format := item.Get("format"); format.Is(source.Scalar) && format.Text == "raw" {
		known = variables{}
	}
	var settings []setting
	if err == nil {
		settings, err = dotenv(data, known)
	}
	if err != nil {
		c.lost(s, n, "the env file cannot be read: %v; next: write its variables into env", err)
		return nil
	}
	return settings
}

// finishEnv writes the variables; those that others refer to come first.
func (c *conversion) finishEnv(s *service) {
	texts := make(map[*variable]string, len(s.env))
	for i := 0; i < len(s.env); i++ { // putting a text together may add variables
		if v := s.env[i]; !v.hidden() {
			texts[v] = c.assemble(s, v.parts, v.from, draft.SaysHost(v.name))
		}
	}
	slices.SortStableFunc(s.env, func(a, b *variable) int { return rank(a) - rank(b) })
	env := draft.NewMap()
	for _, v := range s.env {
		switch {
		case v.service != "":
			env.Set(v.name, draft.NewMap().Set("service", draft.Text(v.service), v.from).Set("key", draft.Text(v.key), v.from), v.from)
		case v.secret != "":
			env.Set(v.name, draft.NewMap().Set("secret", draft.Text(v.secret), v.from).Set("key", draft.Text(v.key), v.from), v.from)
		default:
			env.Set(v.name, draft.Text(texts[v]), v.from)
		}
	}
	if env.Len() > 0 {
		s.out.Keys.Set("env", env, s.node.Get("environment"))
	}
}

func rank(v *variable) int {
	if v.used {
		return 0
	}
	return 1
}

// number reads a whole number.
func (c *conversion) number(s *service, n *source.Node) (int64, bool) {
	text, ok := c.text(s, n)
	if !ok {
		return 0, false
	}
	i, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		c.lost(s, n, "%q is not a whole number; next: write plain digits", source.Shorten(text))
		return 0, false
	}
	return i, true
}
