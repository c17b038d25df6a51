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

func (t truth) negated() truth {
	switch t {
	case never:
		return always
	case always:
		return never
	}
	return open
}

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

// sets tells whether an action gives a variable its value, declares whether that variable is a new one.
func (t token) sets() bool     { return strings.Contains(t.leading, "=") }
func (t token) declares() bool { return strings.Contains(t.leading, ":=") }

// simplify drops from an action what is never there, and tells whether what it guards is reached.
func (t *token) simplify(has func(string) bool) truth {
	if t.inner == "else" {
		return always
	}
	if t.pipeline == nil {
		return open
	}
	// A variable keeps what is false as well, and one from outside is set whatever becomes of the branch.
	left, truth := reduce(t.pipeline, has, (t.keyword == "if" || t.keyword == "with") && !t.sets())
	switch {
	case truth == never && t.keyword != "" && (!t.sets() || t.declares()), truth == always && t.keyword == "if" && !t.sets():
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
	switch {
	case calls && len(n.Args) > 1:
		return reduceCall(whole, function, n.Args[1:], has, condition)
	case calls, len(n.Args) > 1:
		return whole, open
	}
	left, truth := reduce(n.Args[0], has, condition)
	if left == n.Args[0] {
		left = whole
	}
	return left, truth
}

// reduceCall reduces the call of a function. Whole is the call as it is.
func reduceCall(whole *parse.PipeNode, function *parse.IdentifierNode, given []parse.Node, has func(string) bool, condition bool) (parse.Node, truth) {
	args, truths, changed := make([]parse.Node, len(given)), make([]truth, len(given)), false
	inner := function.Ident == "not" || condition && (function.Ident == "or" || function.Ident == "and")
	for i, arg := range given {
		args[i], truths[i] = reduce(arg, has, inner)
		changed = changed || args[i] != arg
	}
	known := open
	switch function.Ident {
	case "or":
		if args, known = there(args, truths, condition); len(args) == 1 {
			return args[0], known
		}
		changed = changed || len(args) < len(truths)
	case "and":
		known = every(truths)
	case "not":
		known = truths[0].negated()
	case "hasKey":
		if key, ok := args[len(args)-1].(*parse.StringNode); ok && isValues(args[0]) && !has(key.Text) {
			known = never
		}
	case "ternary":
		switch {
		case len(args) == 3 && truths[2] == always:
			return args[0], truths[0]
		case len(args) == 3 && truths[2] == never:
			return args[1], truths[1]
		}
	}
	if !changed || known == never {
		return whole, known
	}
	return &parse.PipeNode{NodeType: parse.NodePipe, Cmds: []*parse.CommandNode{{NodeType: parse.NodeCommand, Args: append([]parse.Node{function}, args...)}}}, known
}

// there returns those arguments of an or that can be its value, and what is known of that.
func there(args []parse.Node, truths []truth, condition bool) ([]parse.Node, truth) {
	var left []parse.Node
	known := never
	for i, arg := range args {
		// When all are false, the last is the value.
		if truths[i] != never || i == len(args)-1 && !condition {
			left = append(left, arg)
		}
		if truths[i] == always || known == never {
			known = truths[i]
		}
	}
	return left, known
}

// every is what is known of an and.
func every(truths []truth) truth {
	switch {
	case slices.Contains(truths, never):
		return never
	case slices.Contains(truths, open):
		return open
	}
	return always
}

func isValues(n parse.Node) bool { return n.String() == ".Values" || n.String() == "$.Values" }
