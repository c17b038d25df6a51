package spec

import (
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Share is a number of pods, or a part of them in percent: 1, "25%". Empty when nothing is said.
//
//spec:schema {anyOf: [{type: integer, minimum: 0, maximum: 10000}, {type: string, pattern: "^([0-9]|[1-9][0-9]|100)%$"}]}
type Share string

// Percent tells whether the share is a part in percent, and which.
func (s Share) Percent() (int, bool) {
	digits, percent := strings.CutSuffix(string(s), "%")
	if !percent {
		return 0, false
	}
	n, err := strconv.Atoi(digits)
	return n, err == nil
}

// Of returns how many of total the share is; a part in percent is rounded up, as Kubernetes does for budgets.
func (s Share) Of(total int) int {
	if n, ok := s.Percent(); ok {
		return (n*total + 99) / 100
	}
	n, _ := strconv.Atoi(string(s))
	return n
}

func (s *Share) decodeNode(d *decoder, n *yaml.Node) {
	if n.Kind == yaml.ScalarNode && strings.HasSuffix(n.Value, "%") {
		text := strings.TrimSuffix(n.Value, "%")
		i, err := strconv.Atoi(text)
		if err != nil || i < 0 || i > 100 || text != strconv.Itoa(i) {
			d.problem(n, "%q is not a percentage: write 0%% to 100%%, such as 25%%", short(n.Value))
			return
		}
		*s = Share(n.Value)
		return
	}
	i, ok := d.integer(n)
	switch {
	case !ok:
	case i < 0 || i > 10000:
		d.problem(n, "%d pods are out of range: use 0 to 10000, or a percentage such as 25%%", i)
	default:
		*s = Share(strconv.FormatInt(i, 10))
	}
}
