package spec

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"

	"go.yaml.in/yaml/v3"
	"k8s.io/apimachinery/pkg/api/resource"
)

// Port is a port number, 1 to 65535.
//
//spec:schema {type: integer, minimum: 1, maximum: 65535}
type Port int

// Duration is a length of time in whole seconds, written as 30s, 5m or 1h30m.
//
//spec:schema {anyOf: [{type: string, pattern: "^(0|([0-9]+(\\.[0-9]*)?[hms])+)$"}, {const: 0}]}
type Duration time.Duration

// Seconds returns the duration as Kubernetes counts it.
func (d Duration) Seconds() int64 { return int64(time.Duration(d) / time.Second) }

// String writes the duration as the operators' APIs read it: 30s, 5m, 1h30m.
func (d Duration) String() string {
	if d == 0 {
		return "0s"
	}
	text := time.Duration(d).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// ID is the number of a user or a group; 0 is root.
//
//spec:schema {type: integer, minimum: 0, maximum: 2147483647}
type ID int64

// Quantity is a Kubernetes quantity as it was written: 250m, 64Mi, 10Gi.
//
//spec:schema {type: [string, number], pattern: "^[0-9]*\\.?[0-9]+([eE][0-9]+|[numkMGTPE]|[KMGTPE]i)?$", minimum: 0}
type Quantity string

// Compare returns -1, 0 or 1, as q is less than, equal to or more than other.
func (q Quantity) Compare(other Quantity) int {
	a, b := resource.MustParse(string(q)), resource.MustParse(string(other))
	return a.Cmp(b)
}

// text returns a scalar exactly as it is written. What YAML would read as another type (no, 1e3, 010, dates) stays the text
// that it is.
func (d *decoder) text(n *yaml.Node) (string, bool) {
	if !d.kind(n, yaml.ScalarNode) {
		return "", false
	}
	for _, r := range n.Value {
		if r == 0 || r == 0x7f || r >= 0x80 && r < 0xa0 || r == 0xfeff || r == 0xfffe || r == 0xffff {
			d.problem(n, "the character %U cannot be carried by a manifest: leave it out, or encode the text", r)
			return "", false
		}
	}
	return n.Value, true
}

// integer accepts plain decimal digits only, so that nobody has to know what YAML makes of 010, 0x1F or 1e3.
func (d *decoder) integer(n *yaml.Node) (int64, bool) {
	if !d.kind(n, yaml.ScalarNode) {
		return 0, false
	}
	digits := strings.TrimPrefix(n.Value, "-")
	i, err := strconv.ParseInt(n.Value, 10, 64)
	switch {
	case n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 && err == nil:
		d.problem(n, "%q is text, a number is wanted here: leave the quotes out", n.Value)
	case err != nil || n.Style != 0:
		d.problem(n, "%q is not a whole number: write plain digits", short(n.Value))
	case len(digits) > 1 && digits[0] == '0' || n.Value != strconv.FormatInt(i, 10):
		d.problem(n, "%q can be read in two ways: write %d", n.Value, i)
	default:
		return i, true
	}
	return 0, false
}

// boolean accepts true and false only; the other words that YAML knows (yes, no, on, off) are refused.
func (d *decoder) boolean(n *yaml.Node) (bool, bool) {
	if !d.kind(n, yaml.ScalarNode) {
		return false, false
	}
	if n.Style == 0 && (n.Value == "true" || n.Value == "false") {
		return n.Value == "true", true
	}
	d.problem(n, "%q is neither true nor false: write one of the two, without quotes", short(n.Value))
	return false, false
}

func (p *Port) decodeNode(d *decoder, n *yaml.Node) {
	i, ok := d.integer(n)
	if !ok {
		return
	}
	if i < 1 || i > 65535 {
		d.problem(n, "port %d is out of range: use 1 to 65535", i)
		return
	}
	*p = Port(i)
}

func (id *ID) decodeNode(d *decoder, n *yaml.Node) {
	i, ok := d.integer(n)
	switch {
	case !ok:
	case i < 0 || i > math.MaxInt32:
		d.problem(n, "%d is out of range: use 0 to %d", i, math.MaxInt32)
	default:
		*id = ID(i)
	}
}

func (dur *Duration) decodeNode(d *decoder, n *yaml.Node) {
	s, ok := d.text(n)
	if !ok {
		return
	}
	parsed, err := time.ParseDuration(s)
	switch {
	case err != nil && onlyDigits(s):
		d.problem(n, "%s of what? write %ss for seconds", short(s), short(s))
	case err != nil:
		d.problem(n, "%q is not a length of time: write it as 30s, 5m or 1h30m", short(s))
	case parsed < 0 || parsed%time.Second != 0 || parsed > 100_000*time.Hour:
		d.problem(n, "%q does not fit: Kubernetes counts in whole seconds, up to 100000h here", s)
	default:
		*dur = Duration(parsed)
	}
}

func (q *Quantity) decodeNode(d *decoder, n *yaml.Node) {
	s, ok := d.text(n)
	if !ok {
		return
	}
	parsed, err := resource.ParseQuantity(s)
	switch {
	case err != nil:
		d.problem(n, "%q is not a quantity: write it as 250m, 0.5, 64Mi or 10Gi", short(s))
	case len(s) > 1 && s[0] == '0' && unicode.IsDigit(rune(s[1])):
		d.problem(n, "%q begins with a zero: leave it out", s)
	case parsed.Sign() < 0 || len(s) > 32:
		d.problem(n, "%q is out of range: a quantity is zero or more", short(s))
	default:
		*q = Quantity(s)
	}
}

func onlyDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// short keeps messages readable when a value is a page long.
func short(s string) string {
	if runes := []rune(s); len(runes) > 60 {
		return string(runes[:60]) + "…"
	}
	return s
}
