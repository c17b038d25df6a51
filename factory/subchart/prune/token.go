package prune

import (
	"regexp"
	"strings"
	"text/template/parse"
)

// token is an action with its delimiters, or the text between two of them.
type token struct {
	text   string
	action bool
	// inner is what an action says. Left and right tell whether it trims the text before and behind it.
	inner       string
	left, right bool
	// leading is what inner begins with, keyword a word of it, and pipeline the rest: nil when that cannot be judged.
	leading, keyword string
	pipeline         *parse.PipeNode
	gone             bool
}

// delimited finds actions: a comment may hold anything but its end, and a quoted text anything but its quote.
var delimited = regexp.MustCompile("(?s)" + `\{\{(-[ \t\r\n])?[ \t\r\n]*(/\*.*?\*/|(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|` + "`[^`]*`" + `|[^"'` + "`" + `])*?)[ \t\r\n]*?([ \t\r\n]-)?\}\}`)

var firstWord = regexp.MustCompile(`^\w*`)

// Actions returns where each action of a template begins and ends, delimiters included.
func Actions(text string) [][]int { return delimited.FindAllStringIndex(text, -1) }

func lex(text string) []token {
	var tokens []token
	at := 0
	for _, m := range delimited.FindAllStringSubmatchIndex(text, -1) {
		if m[0] > at {
			tokens = append(tokens, token{text: text[at:m[0]]})
		}
		t := token{text: text[m[0]:m[1]], action: true, inner: text[m[4]:m[5]], left: m[2] >= 0, right: m[6] >= 0}
		t.read()
		tokens = append(tokens, t)
		at = m[1]
	}
	if at < len(text) {
		tokens = append(tokens, token{text: text[at:]})
	}
	return tokens
}

// word is the first word of an action.
func (t token) word() string { return firstWord.FindString(t.inner) }

// rewrite makes an action say something else.
func (t *token) rewrite(inner string) {
	if inner != t.inner {
		t.inner = inner
		t.write()
	}
}

func (t *token) write() {
	open, end := "{{ ", " }}"
	if strings.HasPrefix(t.inner, "/*") {
		open, end = "{{", "}}" // nothing else may stand in a comment's way
	}
	if t.left {
		open = "{{- "
	}
	if t.right {
		end = " -}}"
	}
	t.text = open + t.inner + end
}
