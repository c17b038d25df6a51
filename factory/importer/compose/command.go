package compose

import (
	"fmt"
	"strings"

	"github.com/helm-chart-factory/factory/factory/importer/draft"
	"github.com/helm-chart-factory/factory/factory/importer/source"
)

// words are a command, with the value that said them.
type words struct {
	from  *source.Node
	items []word
}

// word is one word of a command, in pieces when one of them is secret.
type word []source.Part

func (w word) text() string {
	var b strings.Builder
	for _, part := range w {
		b.WriteString(part.Text)
	}
	return b.String()
}

func (w word) hides() bool {
	for _, part := range w {
		if part.Hidden != "" {
			return true
		}
	}
	return false
}

// partsOf returns a text in pieces, whether or not something is hidden in it.
func partsOf(n *source.Node) word {
	if n.Parts != nil {
		return word(n.Parts)
	}
	return word{{Text: n.Text}}
}

func (c *conversion) takeCommand(s *service, n *source.Node) {
	s.command = c.words(s, n)
}

func (c *conversion) takeEntrypoint(s *service, n *source.Node) {
	s.entrypoint = c.words(s, n)
}

// words reads a command: a list as it is, a text cut into words as a shell does, without a shell.
func (c *conversion) words(s *service, n *source.Node) *words {
	w := &words{from: n}
	if n.Is(source.Scalar) {
		c.missing(s, n)
		items, err := split(partsOf(n))
		if err != nil {
			c.lost(s, n, "%v; next: write it as a list", err)
			return nil
		}
		w.items = items
		return w
	}
	c.each(s, n, func(item *source.Node) {
		if !item.Is(source.Scalar) {
			c.lost(s, item, "a word of a command is a text")
			return
		}
		c.missing(s, item)
		w.items = append(w.items, partsOf(item))
	})
	return w
}

// splitting is the state of cutting a text into words.
type splitting struct {
	words   []word
	current word
	text    []byte // goes on in current
	begun   bool
	quote   byte
	escaped bool
}

// split cuts a text into words: blanks part them, single quotes keep everything, double quotes keep blanks, a backslash keeps
// the next character. What is hidden is never cut.
func split(text word) ([]word, error) {
	var s splitting
	for _, part := range text {
		if part.Hidden != "" {
			s.flush()
			s.begun = true
			s.current = append(s.current, part)
			continue
		}
		for i := range len(part.Text) {
			s.next(part.Text[i])
		}
	}
	if s.quote != 0 {
		return nil, fmt.Errorf("the quote %c is not closed", s.quote)
	}
	if s.escaped {
		return nil, fmt.Errorf("it ends with a backslash")
	}
	s.end()
	return s.words, nil
}

func (s *splitting) next(b byte) {
	switch {
	case s.escaped:
		s.escaped = false
		if s.quote == '"' && !strings.ContainsRune("\"\\$`\n", rune(b)) {
			s.put('\\')
		}
		if b != '\n' {
			s.put(b)
		}
	case b == '\\' && s.quote != '\'':
		s.escaped = true
	case s.quote != 0 && b == s.quote:
		s.quote = 0
	case s.quote == 0 && (b == '\'' || b == '"'):
		s.quote, s.begun = b, true
	case s.quote == 0 && (b == ' ' || b == '\t' || b == '\n' || b == '\r'):
		s.end()
	default:
		s.put(b)
	}
}

func (s *splitting) put(b byte) {
	s.begun = true
	s.text = append(s.text, b)
}

func (s *splitting) flush() {
	if len(s.text) > 0 {
		s.current = append(s.current, source.Part{Text: string(s.text)})
		s.text = s.text[:0]
	}
}

func (s *splitting) end() {
	s.flush()
	if s.begun {
		s.words = append(s.words, s.current)
	}
	s.current, s.begun = nil, false
}

// finishCommand writes command and args. Compose's entrypoint is Kubernetes' command, and its command Kubernetes' args.
func (c *conversion) finishCommand(s *service) {
	entrypoint, command := s.entrypoint, s.command
	if entrypoint != nil && len(entrypoint.items) == 0 {
		// An empty entrypoint takes the image's away: the command is what runs.
		if command == nil || len(command.items) == 0 {
			c.lost(s, entrypoint.from, "the entrypoint is empty and there is no command, so nothing is said to run; next: say command")
			return
		}
		entrypoint, command = command, nil
	}
	if command != nil && len(command.items) == 0 {
		if entrypoint == nil {
			c.lost(s, command.from, "an empty command cannot be said: Kubernetes uses the image's; next: say command with the image's entrypoint and no args")
		}
		command = nil
	}
	if entrypoint != nil {
		s.out.Keys.Set("command", c.commandList(s, entrypoint), entrypoint.from)
	}
	if command != nil {
		s.out.Keys.Set("args", c.commandList(s, command), command.from)
	}
}

func (c *conversion) commandList(s *service, w *words) draft.List {
	list := make(draft.List, len(w.items))
	for i, item := range w.items {
		list[i] = draft.Text(c.assemble(s, item, w.from, hostlike(w.items, i)))
	}
	return list
}

// hostlike tells whether a word of a command is where an address is said: --db-host=x, or x after --host.
func hostlike(items []word, i int) bool {
	name, _, valued := strings.Cut(items[i].text(), "=")
	if valued {
		return strings.HasPrefix(name, "-") && draft.SaysHost(name)
	}
	return i > 0 && strings.HasPrefix(items[i-1].text(), "-") && draft.SaysHost(items[i-1].text())
}
