package prune

import "slices"

// block is a construct that ends with {{ end }}, by the places of its tokens, or with no branches a single action.
type block struct {
	branches []branch
	end      int
}

// branch is a head, such as {{ if }} or {{ else }}, and what follows up to the next head or the end.
type branch struct {
	head, end int
	body      []block
}

// nest returns the blocks from a place on, and the place of the {{ else }} or {{ end }} that closes what they are in.
func nest(tokens []token, at int) ([]block, int) {
	var blocks []block
	for at < len(tokens) {
		switch word := tokens[at].word(); {
		case !tokens[at].action:
		case word == "else" || word == "end":
			return blocks, at
		case slices.Contains([]string{"if", "with", "range", "define", "block"}, word):
			var b block
			for tokens[at].word() != "end" {
				head := at
				body, next := nest(tokens, head+1)
				b.branches = append(b.branches, branch{head: head, end: next, body: body})
				at = next
			}
			b.end = at
			blocks = append(blocks, b)
		default:
			blocks = append(blocks, block{end: at})
		}
		at++
	}
	return blocks, at
}
