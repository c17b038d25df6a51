package prune

import "strings"

// space is what trimming marks trim.
const space = " \t\r\n"

// join writes the tokens that are left. What an action that is gone would have trimmed is trimmed here, and an action that stays
// trims no more than it did, although there is more text beside it now.
func join(tokens []token) string {
	for i := range tokens {
		t := &tokens[i]
		if t.action {
			continue
		}
		if i > 0 && tokens[i-1].gone && tokens[i-1].right {
			t.text = strings.TrimLeft(t.text, space)
		}
		if i+1 < len(tokens) && tokens[i+1].gone && tokens[i+1].left {
			t.text = strings.TrimRight(t.text, space)
		}
	}
	for i := range tokens {
		t := &tokens[i]
		if !t.action || t.gone {
			continue
		}
		if own, rest := behind(tokens[i+1:]); t.right && strings.TrimLeft(own, space) == "" && strings.TrimLeft(rest, space) != rest {
			t.loosen(&t.right, tokens[i+1:i+2])
		}
		if own, rest := before(tokens[:i]); t.left && strings.TrimRight(own, space) == "" && strings.TrimRight(rest, space) != rest {
			t.loosen(&t.left, tokens[i-1:i])
		}
	}
	var out strings.Builder
	for _, t := range tokens {
		if !t.gone {
			out.WriteString(t.text)
		}
	}
	return out.String()
}

// loosen takes a trimming mark from an action, and does its work on the text that it was made for.
func (t *token) loosen(mark *bool, own []token) {
	if !own[0].action {
		own[0].text = ""
	}
	*mark = false
	t.write()
}

// behind returns the text that stood right behind an action, and what else is there now up to the next one.
func behind(tokens []token) (own, rest string) {
	for i, t := range tokens {
		switch {
		case t.gone:
		case t.action:
			return own, rest
		case i == 0:
			own = t.text
		default:
			rest += t.text
		}
	}
	return own, rest
}

// before is behind, in the other direction.
func before(tokens []token) (own, rest string) {
	last := len(tokens) - 1
	for i := range tokens {
		switch t := tokens[last-i]; {
		case t.gone:
		case t.action:
			return own, rest
		case i == 0:
			own = t.text
		default:
			rest = t.text + rest
		}
	}
	return own, rest
}
