package generate

import (
	"regexp"
	"strings"
)

// prose is what a doc comment says, taken apart: a comment ends with the sentences "Default: X." and "Example: Y.", in this order,
// where it has them.
type prose struct {
	// description is everything but the example, under the name of the key.
	description string
	// fallback is X and example is Y, as they are written, or empty.
	fallback, example string
}

var (
	exampleSentence = regexp.MustCompile(` ?\bExample: (.*)\.$`)
	defaultSentence = regexp.MustCompile(`\bDefault(?:, [^:]*)?: (.*)\.$`)
)

// parse reads the comment of a field; name and key are what the field is called in Go and in YAML.
func parse(doc, name, key string) prose {
	var p prose
	if hit := exampleSentence.FindStringSubmatch(doc); hit != nil {
		p.example = hit[1]
		doc = doc[:len(doc)-len(hit[0])]
	}
	if hit := defaultSentence.FindStringSubmatch(doc); hit != nil {
		p.fallback, _, _ = strings.Cut(hit[1], ". ")
	}
	if rest, ok := strings.CutPrefix(doc, name+" "); ok {
		doc = key + " " + rest
	}
	p.description = doc
	return p
}

// value returns the default as a value of YAML, where it is one for every service: a single word, a number or a length of time.
// "none", "the main port" and "<service>.<domain>" are for people only.
func (p prose) value() (string, bool) {
	switch word := p.fallback; {
	case word == "", strings.ContainsAny(word, " <>$"), word == "none", word == "nothing", word == "not", word == "unset":
		return "", false
	default:
		return word, true
	}
}
