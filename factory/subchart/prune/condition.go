package prune

import (
	"regexp"
	"slices"
	"strings"
	"text/template/parse"
)

// truth is what is known of a condition before the values are.
type truth int

const (
	open truth = iota
	never
	always
)

var (
	variable = regexp.MustCompile(`\$\w+`)
	// leading is what may stand in an action before its pipeline: the keyword, and the variables that are set.
	leading = regexp.MustCompile(`^(?:else\s+)?(?:(if|with|range)\s+)?(?:\$\w+(?:\s*,\s*\$\w+)?\s*:?=\s*)?`)
)

// read finds the pipeline of an action.
func (t *token) read() {
	switch t.word() {
	case "define", "block", "template", "break", "continue", "end":
		return
	}
	found := leading.FindStringSubmatch(t.inner)
	t.leading, t.keyword = found[0], found[1]
	var known strings.Builder
	for _, name := range variable.FindAllString(t.inner, -1) {
		known.WriteString("{{" + name + " := 0}}")
	}
	tree := parse.New("")
	tree.Mode = parse.SkipFuncCheck
	text := known.String() + "{{with " + strings.TrimPrefix(t.inner, t.leading) + "}}{{end}}"
	if _, err := tree.Parse(text, "", "", map[string]*parse.Tree{}); err != nil {
		return // a comment, or a lone else
	}
	t.pipeline = tree.Root.Nodes[len(tree.Root.Nodes)-1].(*parse.WithNode).Pipe
}

// simplify drops from an action what is never there, and tells whether what it guards is reached.
func (t *token) simplify(has func(string) bool) truth {
	if t.inner == "else" {
		return always
	}
	if t.pipeline == nil {
		return open
	}
	left, truth := reduce(t.pipeline, has, t.keyword == "if" || t.keyword == "with")
	switch {
	case truth == never && t.keyword != "", truth == always && t.keyword == "if":
		return truth
	case truth != never && left != parse.Node(t.pipeline):
		t.rewrite(t.leading + left.String())
	}
	return open
}

// reduce returns a value without what is never there, and what is known of it. Of a mere condition, what is false may change.
func reduce(n parse.Node, has func(string) bool, condition bool) (parse.Node, truth) {
	switch n := n.(type) {
	case *parse.FieldNode:
		return n, asked(n.Ident, has)
	case *parse.VariableNode:
		if n.Ident[0] == "$" {
			return n, asked(n.Ident[1:], has)
		}
	case *parse.ChainNode:
		if _, truth := reduce(n.Node, has, condition); truth == never {
			return n, never
		}
	case *parse.PipeNode:
		if len(n.Cmds) == 1 && len(n.Decl) == 0 {
			return reduceCommand(n, n.Cmds[0], has, condition)
		}
	}
	return n, open
}

// asked tells what is known of a field of the root, by its path.
func asked(path []string, has func(string) bool) truth {
	if len(path) > 1 && path[0] == "Values" && !has(path[1]) {
		return never
	}
	return open
}

// reduceCommand reduces a pipeline of a single command.
func reduceCommand(whole *parse.PipeNode, n *parse.CommandNode, has func(string) bool, condition bool) (parse.Node, truth) {
	function, calls := n.Args[0].(*parse.IdentifierNode)
	if !calls {
		if len(n.Args) > 1 {
			return whole, open
		}
		left, truth := reduce(n.Args[0], has, condition)
		if left == n.Args[0] {
			left = whole
		}
		return left, truth
	}
	args, truths, changed := make([]parse.Node, len(n.Args)-1), make([]truth, len(n.Args)-1), false
	inner := function.Ident == "not" || condition && (function.Ident == "or" || function.Ident == "and")
	for i, arg := range n.Args[1:] {
		args[i], truths[i] = reduce(arg, has, inner)
		changed = changed || args[i] != arg
	}
	known := open
	switch {
	case function.Ident == "or":
		var there []parse.Node
		for i, arg := range args {
			// A value that is false is the last one.
			if truths[i] != never || i == len(args)-1 && !condition {
				there = append(there, arg)
			}
		}
		if slices.Contains(truths, always) {
			known = always
		}
		switch {
		case !slices.ContainsFunc(truths, func(t truth) bool { return t != never }):
			return whole, never
		case len(there) == 1:
			return there[0], known
		}
		changed, args = changed || len(there) < len(args), there
	case function.Ident == "and" && slices.Contains(truths, never):
		return whole, never
	case function.Ident == "and" && !slices.Contains(truths, open):
		known = always
	case function.Ident == "not" && len(args) == 1 && truths[0] != open:
		return whole, never + always - truths[0]
	case function.Ident == "hasKey" && len(args) == 2:
		if key, ok := args[1].(*parse.StringNode); ok && isValues(args[0]) && !has(key.Text) {
			return whole, never
		}
	case function.Ident == "ternary" && len(args) == 3 && truths[2] != open:
		taken := int(always - truths[2])
		return args[taken], truths[taken]
	}
	if !changed {
		return whole, known
	}
	return &parse.PipeNode{NodeType: parse.NodePipe, Cmds: []*parse.CommandNode{{NodeType: parse.NodeCommand, Args: append([]parse.Node{function}, args...)}}}, known
}

func isValues(n parse.Node) bool { return n.String() == ".Values" || n.String() == "$.Values" }
