// Package prune cuts from a Helm template what no values of a chart can reach. The schema of a chart lists the keys that its
// values may have; a branch that asks for another one is dead, and a template without its dead branches renders the same from
// all values that the schema takes. What stays is the template's own text. A field Values is taken for the chart's wherever it is asked for.
package prune

import (
	"regexp"
	"slices"
	"text/template/parse"
)

// Template is a template file that can be pruned. It never changes, and may be used by several goroutines.
type Template struct {
	tokens []token
	blocks []block
	asks   []string
}

// Parse reads a template. The error is that of text/template, which names the file, the line and what is wrong there.
// Functions need not be known.
func Parse(name, text string) (*Template, error) {
	tree := parse.New(name)
	tree.Mode = parse.SkipFuncCheck
	if _, err := tree.Parse(text, "", "", map[string]*parse.Tree{}); err != nil {
		return nil, err
	}
	t := &Template{tokens: lex(text)}
	t.blocks, _ = nest(t.tokens, 0)
	t.prune(func(key string) bool {
		if !slices.Contains(t.asks, key) {
			t.asks = append(t.asks, key)
		}
		return true
	})
	return t, nil
}

// Asks returns the keys of the values, each as in .Values.KEY, on which depends what Prune leaves.
func (t *Template) Asks() []string { return t.asks }

// Prune returns the template without what depends on keys that a chart's values cannot have. Has is called for the keys of
// Asks alone.
func (t *Template) Prune(has func(key string) bool) string { return join(t.prune(has)) }

// prune returns the tokens, with what is dead marked as gone and conditions without what is dead in them.
func (t *Template) prune(has func(key string) bool) []token {
	tokens := slices.Clone(t.tokens)
	for _, b := range t.blocks {
		b.prune(tokens, has)
	}
	return tokens
}

// prune decides of each branch whether it stays. When all but one that is always taken are gone, so is the frame around it.
func (b block) prune(tokens []token, has func(string) bool) {
	if len(b.branches) == 0 {
		tokens[b.end].simplify(has)
		return
	}
	truths := b.truths(tokens, has)
	framed := false // a branch before stays
	for i, branch := range b.branches {
		if truths[i] == never {
			remove(tokens[branch.head:branch.end])
			continue
		}
		for _, inner := range branch.body {
			inner.prune(tokens, has)
		}
		head := &tokens[branch.head]
		switch {
		case truths[i] == always && framed:
			head.rewrite("else")
		case truths[i] == always && declares(tokens[branch.head+1:branch.end]):
			head.rewrite("if true") // the variables end where they did
			framed = true
		case truths[i] == always:
			head.gone = true
		case !framed:
			head.rewrite(elseIf.ReplaceAllString(head.inner, ""))
		}
		framed = framed || truths[i] != always
	}
	if !framed {
		tokens[b.end].gone = true
	}
}

// elseIf is what a head loses when it becomes the first of its block.
var elseIf = regexp.MustCompile(`^else\s+`)

// truths tells of each branch whether it is taken: never, if it can go. A branch whose head declares variables has to stay when
// another one does behind it, where they are there, too. A {{ block }} can be called from anywhere, and keeps all around it.
func (b block) truths(tokens []token, has func(string) bool) []truth {
	truths := make([]truth, len(b.branches))
	fixed := slices.ContainsFunc(tokens[b.branches[0].head:b.end], func(t token) bool { return t.word() == "block" })
	behind := false // a branch that stays
	for i, branch := range slices.Backward(b.branches) {
		head := &tokens[branch.head]
		truths[i] = head.simplify(has)
		switch {
		case fixed, truths[i] == never && behind && head.declares():
			truths[i] = open
		case truths[i] == always:
			for after := i + 1; after < len(truths); after++ {
				truths[after] = never
			}
		}
		behind = behind || truths[i] != never
	}
	return truths
}

// declares tells whether one of the tokens, outside of the blocks among them, declares a variable.
func declares(tokens []token) bool {
	return slices.ContainsFunc(tokens, func(t token) bool { return !t.gone && t.keyword == "" && t.declares() })
}

func remove(tokens []token) {
	for i := range tokens {
		tokens[i].gone = true
	}
}
