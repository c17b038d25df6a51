package draft

import (
	"fmt"
	"strings"
)

// longestName is how long the name of a service may be.
const longestName = 52

// Names gives out RFC 1035 labels, each once.
type Names struct {
	taken map[string]bool
}

// NewNames returns a source of names without those that are reserved.
func NewNames(reserved ...string) *Names {
	n := &Names{taken: map[string]bool{}}
	for _, name := range reserved {
		n.taken[name] = true
	}
	return n
}

// For returns the label that is nearest to a name and still free.
func (n *Names) For(name string) string {
	return n.within(name, longestName)
}

func (n *Names) within(name string, longest int) string {
	label := Label(name, longest)
	free := label
	for i := 2; n.taken[free]; i++ {
		end := fmt.Sprintf("-%d", i)
		free = strings.TrimRight(label[:min(len(label), longest-len(end))], "-") + end
	}
	n.taken[free] = true
	return free
}

// Port returns a free name for a port: at most 15 letters, digits and single dashes.
func (n *Names) Port(name string) string {
	label := Label(name, 15)
	for strings.Contains(label, "--") {
		label = strings.ReplaceAll(label, "--", "-")
	}
	return n.within(label, 15)
}

// Label turns any text into an RFC 1035 label of at most that length: small letters, digits and dashes, beginning with a
// letter, not ending with a dash.
func Label(name string, longest int) string {
	label := strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9':
			return r
		case 'A' <= r && r <= 'Z':
			return r - 'A' + 'a'
		}
		return '-'
	}, name)
	label = strings.TrimLeft(label, "-")
	if label == "" || label[0] <= '9' {
		label = "x-" + label
	}
	return strings.TrimRight(label[:min(len(label), longest)], "-")
}
