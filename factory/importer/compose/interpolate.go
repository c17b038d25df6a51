package compose

import (
	"fmt"
	"strings"

	"github.com/helm-chart-factory/factory/factory/importer/draft"
	"github.com/helm-chart-factory/factory/factory/importer/source"
)

// variables are what ${NAME} in a file stands for: the lines of .env. The environment of the process is left out, so that the
// same files always give the same specs.
type variables map[string]string

// deepestDefault bounds ${A:-${B:-…}}.
const deepestDefault = 20

// fill replaces the references in every value below n, not in keys, as Compose does before it reads anything else.
func (v variables) fill(n *source.Node, problem func(at *source.Node, text string)) {
	for _, pair := range n.Pairs {
		v.fill(pair.Value, problem)
	}
	for _, item := range n.Items {
		v.fill(item, problem)
	}
	if n.Kind != source.Scalar || !strings.Contains(n.Text, "$") {
		return
	}
	f := &filling{variables: v}
	if err := f.text(n.Text, 0); err != nil {
		problem(n, err.Error())
		return
	}
	n.Text, n.Missing = f.all(), f.missing
	if f.hidden {
		n.Parts = f.parts
	}
}

// filling is the work on one text.
type filling struct {
	variables variables
	parts     []source.Part
	open      strings.Builder // the text behind the parts
	missing   []string
	hidden    bool
}

// close ends the text behind the parts.
func (f *filling) close() {
	if f.open.Len() > 0 {
		f.parts = append(f.parts, source.Part{Text: f.open.String()})
		f.open.Reset()
	}
}

func (f *filling) all() string {
	f.close()
	var b strings.Builder
	for _, part := range f.parts {
		b.WriteString(part.Text)
	}
	return b.String()
}

func (f *filling) add(text, variable string) {
	if variable != "" && draft.NamesSecret(variable) && draft.HoldsSecret(variable, text) {
		f.hidden = true
		f.close()
		f.parts = append(f.parts, source.Part{Text: text, Hidden: variable})
		return
	}
	f.open.WriteString(text)
}

// text goes through a text: $$ is a dollar, $NAME and ${NAME…} are references.
func (f *filling) text(s string, depth int) error {
	for {
		before, after, found := strings.Cut(s, "$")
		f.add(before, "")
		if !found {
			return nil
		}
		switch {
		case strings.HasPrefix(after, "$"):
			f.add("$", "")
			s = after[1:]
		case strings.HasPrefix(after, "{"):
			end := closing(after)
			if end < 0 {
				return fmt.Errorf("${ is not closed: write }, or $${ for the text ${")
			}
			if err := f.braced(after[1:end], depth); err != nil {
				return err
			}
			s = after[end+1:]
		default:
			name := leadingName(after)
			if name == "" {
				return fmt.Errorf("a $ stands alone, which Compose refuses: write $$ for a dollar")
			}
			f.reference(name)
			s = after[len(name):]
		}
	}
}

// closing returns where the brace that s begins with is closed, or -1.
func closing(s string) int {
	open := 0
	for i := range len(s) {
		switch {
		case s[i] == '{' && (i == 0 || s[i-1] == '$'):
			open++
		case s[i] == '}':
			if open--; open == 0 {
				return i
			}
		}
	}
	return -1
}

func leadingName(s string) string {
	for i := range len(s) {
		letter := s[i] == '_' || 'a' <= s[i] && s[i] <= 'z' || 'A' <= s[i] && s[i] <= 'Z'
		if !letter && (i == 0 || s[i] < '0' || s[i] > '9') {
			return s[:i]
		}
	}
	return s
}

// braced reads what stands between braces: NAME, NAME:-default, NAME-default, NAME:?text, NAME?text, NAME:+other, NAME+other.
func (f *filling) braced(s string, depth int) error {
	name := leadingName(s)
	rest := s[len(name):]
	operator := strings.TrimPrefix(rest, ":")
	if name == "" || rest != "" && (operator == "" || !strings.Contains("-?+", operator[:1])) {
		return fmt.Errorf("${%s} is not a reference that Compose knows: write ${NAME} or ${NAME:-default}, or $${ for the text ${", source.Shorten(s))
	}
	if depth > deepestDefault {
		return fmt.Errorf("the defaults are nested more than %d deep: write the value out", deepestDefault)
	}
	value, set := f.variables[name]
	if len(operator) < len(rest) { // with a colon the empty text counts as not set
		set = set && value != ""
	}
	if rest == "" {
		f.reference(name)
		return nil
	}
	switch word := operator[1:]; {
	case operator[0] == '+' && !set:
		return nil
	case operator[0] == '+' || operator[0] == '-' && !set:
		return f.nested(name, word, depth)
	case operator[0] == '?' && !set:
		f.missing = append(f.missing, name)
	default:
		f.add(value, name)
	}
	return nil
}

// nested fills in the default of a variable. It is as secret as the variable.
func (f *filling) nested(name, word string, depth int) error {
	inner := &filling{variables: f.variables}
	if err := inner.text(word, depth+1); err != nil {
		return err
	}
	f.missing = append(f.missing, inner.missing...)
	if !inner.hidden {
		f.add(inner.all(), name)
		return nil
	}
	inner.close()
	f.hidden = true
	f.close()
	f.parts = append(f.parts, inner.parts...)
	return nil
}

func (f *filling) reference(name string) {
	value, set := f.variables[name]
	if !set {
		f.missing = append(f.missing, name)
		return
	}
	f.add(value, name)
}
