// Package values holds what a chart's values.yaml says: an ordered tree with a comment for each key, written as text whose
// bytes depend on nothing else.
package values

import (
	"strconv"
	"strings"
	"unicode"
)

// Map is a mapping in the order in which it is written.
type Map []Entry

// Entry is one key. Value is a string, int64, bool, Map or []any of these, or nil, which in values laid over others takes the key
// away.
type Entry struct {
	Key   string
	Value any
	// Comment is written above the key, in the form that helm-docs reads. It is one line and may be empty.
	Comment string
	// Default is what a table of values shows in the place of a value that is too long for it; below a Comment only.
	Default string
}

// Append writes the mapping as YAML to the end of b.
func (m Map) Append(b []byte) []byte { return m.append(b, 0) }

func (m Map) append(b []byte, indent int) []byte {
	for _, e := range m {
		if e.Comment != "" {
			if indent == 0 && len(b) > 0 {
				b = append(b, '\n')
			}
			b = append(spaces(b, indent), "# -- "...)
			b = append(append(b, e.Comment...), '\n')
			if e.Default != "" {
				b = append(spaces(b, indent), "# @default -- "...)
				b = append(append(b, e.Default...), '\n')
			}
		}
		b = Text(spaces(b, indent), e.Key)
		b = append(b, ':')
		b = appendValue(b, e.Value, indent)
	}
	return b
}

func appendValue(b []byte, v any, indent int) []byte {
	switch v := v.(type) {
	case Map:
		if len(v) == 0 {
			return append(b, " {}\n"...)
		}
		return v.append(append(b, '\n'), indent+2)
	case []any:
		if len(v) == 0 {
			return append(b, " []\n"...)
		}
		return appendList(append(b, '\n'), v, indent+2)
	case string:
		if isBlock(v) {
			return appendBlock(b, v, indent+2)
		}
	}
	return append(Scalar(append(b, ' '), v), '\n')
}

// isBlock tells whether a text of several lines can be written as it is: every reader of YAML finds exactly this text in a block.
func isBlock(s string) bool {
	text := strings.TrimSuffix(s, "\n")
	if !strings.Contains(s, "\n") || text == "" || strings.HasSuffix(text, "\n") || text[0] == ' ' || text[0] == '\t' || text[0] == '\n' {
		return false
	}
	for _, r := range text {
		if r != '\n' && r != '\t' && !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}

func appendBlock(b []byte, s string, indent int) []byte {
	text, ends := strings.CutSuffix(s, "\n")
	if ends {
		b = append(b, " |\n"...)
	} else {
		b = append(b, " |-\n"...)
	}
	for line := range strings.SplitSeq(text, "\n") {
		if line != "" {
			b = append(spaces(b, indent), line...)
		}
		b = append(b, '\n')
	}
	return b
}

func appendList(b []byte, list []any, indent int) []byte {
	for _, item := range list {
		b = append(spaces(b, indent), '-')
		m, ok := item.(Map)
		if !ok || len(m) == 0 {
			b = appendValue(b, item, indent)
			continue
		}
		// The first key stands beside the dash.
		start := len(b)
		b = m.append(b, indent+2)
		b = append(b[:start], append([]byte{' '}, b[start+indent+2:]...)...)
	}
	return b
}

// Scalar writes a string, int64, bool or nil to the end of b, as YAML.
func Scalar(b []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...)
	case string:
		return Text(b, v)
	case int64:
		return strconv.AppendInt(b, v, 10)
	case bool:
		return strconv.AppendBool(b, v)
	default:
		panic("values: a value of an unknown type")
	}
}

func spaces(b []byte, n int) []byte {
	const blanks = "                                "
	for n > len(blanks) {
		b, n = append(b, blanks...), n-len(blanks)
	}
	return append(b, blanks[:n]...)
}

// Text writes a YAML scalar that every reader takes for exactly this text: plain where nothing else can be read from it,
// in double quotes otherwise.
func Text(b []byte, s string) []byte {
	if isPlain(s) {
		return append(b, s...)
	}
	return strconv.AppendQuote(b, s)
}

// isPlain is true for words that begin with a letter or a slash, and that no YAML, 1.1 or 1.2, reads as anything but text.
func isPlain(s string) bool {
	if s == "" || len(s) > 200 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '/':
		case i > 0 && (c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.'):
		default:
			return false
		}
	}
	switch strings.ToLower(s) {
	case "y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf":
		return false
	}
	return true
}
