package compose

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/helm-chart-factory/factory/factory/importer/source"
)

// setting is a line of an env file.
type setting struct {
	name, value string
	line        int
}

// dotenv reads an env file as Compose does: NAME=value or NAME: value, "export " in front, # for remarks, values in single
// quotes as they are, others with references to known variables filled in, the lines above among them. A name without a value
// is left out.
func dotenv(data []byte, known variables) ([]setting, error) {
	if !utf8.Valid(data) {
		return nil, fmt.Errorf("it is not text in UTF-8")
	}
	scope := variables{}
	for name, value := range known {
		scope[name] = value
	}
	var settings []setting
	rest := strings.TrimPrefix(strings.ReplaceAll(string(data), "\r\n", "\n"), "\ufeff")
	for line := 1; rest != ""; {
		text, after, _ := strings.Cut(rest, "\n")
		trimmed := strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(text), "export "))
		if trimmed == "" || trimmed[0] == '#' {
			rest, line = after, line+1
			continue
		}
		end := strings.IndexAny(trimmed, "=:")
		if end < 0 {
			rest, line = after, line+1
			continue
		}
		name := strings.TrimSpace(trimmed[:end])
		if name == "" || strings.ContainsAny(name, " \t'\"") {
			return nil, fmt.Errorf("line %d: %q is not NAME=value", line, source.Shorten(text))
		}
		// The value may go on in the lines below, in quotes.
		start := strings.Index(rest, trimmed[:end+1]) + end + 1
		value, used, err := dotenvValue(rest[start:], scope)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		settings = append(settings, setting{name, value, line})
		scope[name] = value
		line += strings.Count(rest[:start+used], "\n")
		_, after, found := strings.Cut(rest[start+used:], "\n")
		rest = after
		if found {
			line++
		}
	}
	return settings, nil
}

// dotenvValue reads a value and returns how much of the text it took.
func dotenvValue(s string, scope variables) (value string, used int, err error) {
	blank := len(s) - len(strings.TrimLeft(s, " \t"))
	s = s[blank:]
	if s != "" && (s[0] == '\'' || s[0] == '"') {
		quote := s[0]
		end := 1
		for end < len(s) && s[end] != quote {
			if quote == '"' && s[end] == '\\' {
				end++
			}
			end++
		}
		if end >= len(s) {
			return "", 0, fmt.Errorf("the quote %c is not closed", quote)
		}
		value = s[1:end]
		if quote == '"' {
			value, err = fillText(unescape(value), scope)
		}
		return value, blank + end + 1, err
	}
	text, _, _ := strings.Cut(s, "\n")
	used = len(text)
	if i := strings.Index(text, " #"); i >= 0 {
		text = text[:i]
	}
	value, err = fillText(strings.TrimSpace(text), scope)
	return value, blank + used, err
}

func fillText(s string, scope variables) (string, error) {
	if !strings.Contains(s, "$") {
		return s, nil
	}
	f := &filling{variables: scope}
	if err := f.text(s, 0); err != nil {
		return s, nil // an env file keeps what is no reference
	}
	return f.all(), nil
}

var escapes = strings.NewReplacer(`\n`, "\n", `\r`, "\r", `\t`, "\t", `\"`, `"`, `\$`, "$$", `\\`, `\`)

func unescape(s string) string { return escapes.Replace(s) }
