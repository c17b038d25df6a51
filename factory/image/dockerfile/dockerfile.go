// Package dockerfile reads what a Dockerfile builds on, without building it.
package dockerfile

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"strings"
)

// Base is an image from outside that a Dockerfile builds on or copies from.
type Base struct {
	Ref  string // as written, with build arguments filled in
	File string
	Line int
}

// Place is FILE:LINE, for messages.
func (b Base) Place() string { return fmt.Sprintf("%s:%d", b.File, b.Line) }

// File is what Read found.
type File struct {
	Bases []Base
	Args  map[string]bool // the build arguments that the file declares
}

// Read lists the bases of the Dockerfile at path: the images of FROM, COPY --from and RUN --mount=from that are no stage
// of the file itself. args are build arguments, which win over the defaults of ARG lines.
func Read(path string, args map[string]string) (File, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return File{}, err
	}
	return Parse(path, content, args)
}

// Parse is Read of content that belongs to path.
func Parse(path string, content []byte, args map[string]string) (File, error) {
	p := parser{path: path, given: args, values: map[string]string{}, stages: map[string]bool{}, seen: map[string]bool{},
		file: File{Args: map[string]bool{}}}
	for _, instruction := range instructions(content) {
		if err := p.read(instruction); err != nil {
			return File{}, err
		}
	}
	if !p.from {
		return File{}, fmt.Errorf("%s has no FROM line\nnext: begin it with FROM and the image to build on", path)
	}
	return p.file, nil
}

type instruction struct {
	line  int
	words []string
}

type parser struct {
	path   string
	given  map[string]string
	values map[string]string // ARG lines before the first FROM
	stages map[string]bool
	seen   map[string]bool
	from   bool
	file   File
}

func (p *parser) read(i instruction) error {
	switch strings.ToUpper(i.words[0]) {
	case "ARG":
		p.arg(i.words[1:])
	case "FROM":
		return p.readFrom(i)
	case "COPY", "ADD", "RUN":
		for _, word := range i.words[1:] {
			if !strings.HasPrefix(word, "--") {
				break
			}
			p.readFlag(i.line, word)
		}
	}
	return nil
}

func (p *parser) arg(words []string) {
	for _, word := range words {
		name, value, _ := strings.Cut(word, "=")
		p.file.Args[name] = true
		if p.from {
			continue // arguments of a stage do not reach FROM lines
		}
		if given, ok := p.given[name]; ok {
			value = given
		}
		p.values[name] = p.expand(strings.Trim(value, `"'`))
	}
}

func (p *parser) readFrom(i instruction) error {
	p.from = true
	words := i.words[1:]
	for len(words) > 0 && strings.HasPrefix(words[0], "--") {
		words = words[1:]
	}
	if len(words) == 0 {
		return fmt.Errorf("%s:%d: FROM names no image", p.path, i.line)
	}
	ref := p.expand(strings.Trim(words[0], `"'`))
	if ref == "" {
		return fmt.Errorf("%s:%d: FROM %s is empty\nnext: give the ARG a default or set it under build.args", p.path, i.line, words[0])
	}
	p.add(ref, i.line)
	if len(words) == 3 && strings.EqualFold(words[1], "AS") {
		p.stages[strings.ToLower(words[2])] = true
	}
	return nil
}

// readFlag looks for --from=IMAGE of COPY and --mount=…,from=IMAGE of RUN.
func (p *parser) readFlag(line int, flag string) {
	if ref, found := strings.CutPrefix(flag, "--from="); found {
		p.addCopied(ref, line)
	}
	if options, found := strings.CutPrefix(flag, "--mount="); found {
		for option := range strings.SplitSeq(options, ",") {
			if ref, found := strings.CutPrefix(option, "from="); found {
				p.addCopied(ref, line)
			}
		}
	}
}

func (p *parser) addCopied(ref string, line int) {
	if strings.Trim(ref, "0123456789") != "" { // a number is a stage by its position
		p.add(p.expand(ref), line)
	}
}

func (p *parser) add(ref string, line int) {
	if ref == "scratch" || p.stages[strings.ToLower(ref)] || p.seen[ref] {
		return
	}
	p.seen[ref] = true
	p.file.Bases = append(p.file.Bases, Base{Ref: ref, File: p.path, Line: line})
}

// expand fills in $NAME, ${NAME}, ${NAME:-default} and ${NAME:+other}.
func (p *parser) expand(text string) string {
	return os.Expand(text, func(key string) string {
		if name, other, found := strings.Cut(key, ":-"); found {
			if p.values[name] != "" {
				return p.values[name]
			}
			return other
		}
		if name, other, found := strings.Cut(key, ":+"); found {
			if p.values[name] == "" {
				return ""
			}
			return other
		}
		return p.values[key]
	})
}

// instructions joins continued lines and leaves out comments and the bodies of here-documents.
func instructions(content []byte) []instruction {
	escape := `\`
	var out []instruction
	var text strings.Builder
	var terminators []string
	start, directives := 0, true
	lines := bufio.NewScanner(bytes.NewReader(content))
	lines.Buffer(nil, len(content)+1)
	for number := 1; lines.Scan(); number++ {
		line := strings.TrimSpace(lines.Text())
		if len(terminators) > 0 {
			if line == terminators[0] {
				terminators = terminators[1:]
			}
			continue
		}
		if strings.HasPrefix(line, "#") {
			if name, value, found := strings.Cut(line[1:], "="); directives && found && strings.EqualFold(strings.TrimSpace(name), "escape") {
				escape = strings.TrimSpace(value)
			}
			continue
		}
		if line == "" {
			continue
		}
		directives = false
		if text.Len() == 0 {
			start = number
		}
		if body, continued := strings.CutSuffix(line, escape); continued {
			text.WriteString(body + " ")
			continue
		}
		text.WriteString(line)
		words := strings.Fields(text.String())
		text.Reset()
		out = append(out, instruction{start, words})
		terminators = heredocs(words)
	}
	if words := strings.Fields(text.String()); len(words) > 0 {
		out = append(out, instruction{start, words})
	}
	return out
}

// heredocs returns the words that end the here-documents which a RUN, COPY or ADD instruction opens.
func heredocs(words []string) []string {
	switch strings.ToUpper(words[0]) {
	case "RUN", "COPY", "ADD":
	default:
		return nil
	}
	var ends []string
	for _, word := range words[1:] {
		if _, rest, found := strings.Cut(word, "<<"); found && rest != "" && !strings.HasPrefix(rest, "<") {
			if end := strings.Trim(strings.TrimPrefix(rest, "-"), `"'`); end != "" && isName(end) {
				ends = append(ends, end)
			}
		}
	}
	return ends
}

func isName(word string) bool {
	for _, letter := range word {
		if letter != '_' && (letter < '0' || letter > '9') && (letter < 'A' || letter > 'Z') && (letter < 'a' || letter > 'z') {
			return false
		}
	}
	return word[0] < '0' || word[0] > '9'
}
