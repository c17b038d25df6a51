package values

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// longestCell is how many characters a table of values shows of one value.
const longestCell = 60

// Inline returns a value as JSON in one line, with keys sorted, or "" when that is too long or not fit for the cell of a table.
func Inline(v any) string {
	b, ok := inline(nil, v)
	if !ok {
		return ""
	}
	return string(b)
}

func inline(b []byte, v any) ([]byte, bool) {
	ok := true
	switch v := v.(type) {
	case Map:
		b = append(b, '{')
		sorted := slices.SortedFunc(slices.Values(v), func(x, y Entry) int { return cmp.Compare(x.Key, y.Key) })
		for i, e := range sorted {
			if i > 0 {
				b = append(b, ',')
			}
			if b, ok = inline(b, e.Key); ok {
				b, ok = inline(append(b, ':'), e.Value)
			}
			if !ok {
				return nil, false
			}
		}
		b = append(b, '}')
	case []any:
		b = append(b, '[')
		for i, item := range v {
			if i > 0 {
				b = append(b, ',')
			}
			if b, ok = inline(b, item); !ok {
				return nil, false
			}
		}
		b = append(b, ']')
	case string:
		if len(v) > longestCell || strings.ContainsFunc(v, func(r rune) bool { return r < ' ' || r > '~' || r == '|' || r == '`' }) {
			return nil, false
		}
		b = strconv.AppendQuote(b, v)
	default:
		b = Scalar(b, v)
	}
	return b, len(b) <= longestCell
}

// Keys returns the keys of a mapping with commas between them, or how many things there are, where that is too long or a key is
// not a plain word.
func Keys(v any) string {
	count := 0
	switch v := v.(type) {
	case []any:
		count = len(v)
	case Map:
		count = len(v)
		names := make([]string, count)
		for i, e := range v {
			names[i] = e.Key
		}
		if list := strings.Join(names, ", "); len(list) <= 2*longestCell && strings.Trim(list, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./, ") == "" {
			return list
		}
	}
	return strconv.Itoa(count) + " in values.yaml"
}

// kind is what a table of values says of the type of a value, in the words of helm-docs.
func kind(v any) string {
	switch v.(type) {
	case Map:
		return "object"
	case []any:
		return "list"
	case int64:
		return "int"
	case bool:
		return "bool"
	}
	return "string"
}

// AppendTable writes the top of the mapping as the table of Markdown that helm-docs makes of the same values.yaml.
func (m Map) AppendTable(b []byte) []byte {
	b = append(b, "| Key | Type | Default | Description |\n|-----|------|---------|-------------|\n"...)
	for _, e := range m {
		shown := e.Default
		if shown == "" {
			shown = "`" + Inline(e.Value) + "`"
		}
		for _, cell := range [...]string{e.Key, kind(e.Value), shown, e.Comment} {
			b = append(append(b, "| "...), cell...)
			b = append(b, ' ')
		}
		b = append(b, "|\n"...)
	}
	return b
}
