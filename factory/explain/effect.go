package explain

import (
	"cmp"
	"slices"
	"strings"
)

// picture is everything that can be seen of an output: the text of each leaf by its name.
type picture map[string]string

// change is one way in which an input could be another one. It returns what is seen then, or nil when nothing can be.
type change func() picture

// probe is an input with the ways in which it could be another one.
type probe struct {
	changes []change
	// mark, where there is one, is what a leaf has to show after a change for the input to decide it: the new name of a key. A leaf
	// that becomes something else without it only needs the key to be there.
	mark string
	// depth orders inputs of the same effect: what stands deeper is more specific.
	depth int
}

// doubtful is in a picture of specs that have problems: they are read as far as they can be, and what is seen of them may be
// there for that alone.
const doubtful = "\x00doubtful"

// effect is what an input does to a leaf.
type effect struct {
	input int
	bond  bond
}

// bond is how an input and a leaf belong together, the closest first.
type bond int

const (
	decides        bond = iota // the leaf says what the input says
	decidesInDoubt             // so it seems, while something else is wrong
	enables                    // the leaf needs the input to be there, but does not show it
	enablesInDoubt
)

// bondOf judges how a leaf looks after a change.
func (p probe) bondOf(after string, there, inDoubt bool) bond {
	b := decides
	if !there || !strings.Contains(after, p.mark) {
		b = enables
	}
	if inDoubt {
		b++
	}
	return b
}

// influence tells which inputs have an effect on which leaf.
type influence struct {
	effects map[string][]effect
	// reach counts, for each input, the leaves that it has an effect on.
	reach []int
}

// observe changes one input after another and compares what is seen. What any change of an input has an effect on counts.
func observe(base picture, inputs []probe) influence {
	found := influence{effects: map[string][]effect{}, reach: make([]int, len(inputs))}
	for i, in := range inputs {
		bonds := map[string]bond{}
		for _, c := range in.changes {
			seen := c()
			if seen == nil {
				continue
			}
			_, inDoubt := seen[doubtful]
			for name, before := range base {
				after, there := seen[name]
				if there && after == before {
					continue
				}
				b := in.bondOf(after, there, inDoubt)
				if closest, known := bonds[name]; !known || b < closest {
					bonds[name] = b
				}
			}
		}
		found.reach[i] = len(bonds)
		for name, b := range bonds {
			found.effects[name] = append(found.effects[name], effect{input: i, bond: b})
		}
	}
	for _, effects := range found.effects {
		slices.SortStableFunc(effects, func(a, b effect) int {
			return cmp.Or(cmp.Compare(found.reach[a.input], found.reach[b.input]), cmp.Compare(inputs[b.input].depth, inputs[a.input].depth), cmp.Compare(a.input, b.input))
		})
	}
	return found
}

// deciding returns the inputs that decide what a leaf says, the most specific first.
func (f influence) deciding(leaf string) []int { return f.first(leaf, decides, decidesInDoubt) }

// enabling returns the inputs without which a leaf would not be there, the most specific first.
func (f influence) enabling(leaf string) []int { return f.first(leaf, enables, enablesInDoubt) }

// first returns the inputs with the first bond that any has.
func (f influence) first(leaf string, bonds ...bond) []int {
	for _, b := range bonds {
		var out []int
		for _, e := range f.effects[leaf] {
			if e.bond == b {
				out = append(out, e.input)
			}
		}
		if out != nil {
			return out
		}
	}
	return nil
}
