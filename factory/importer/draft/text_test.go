package draft

import (
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// kubernetes expands $(NAME) as the kubelet does: $$ is a dollar, and a reference to nothing stays.
func kubernetes(s string, known map[string]string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '$' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		switch s[i+1] {
		case '$':
			b.WriteByte('$')
			i++
		case '(':
			end := strings.IndexByte(s[i:], ')')
			value, found := "", false
			if end > 0 {
				value, found = known[s[i+2:i+end]]
			}
			if !found {
				b.WriteByte('$')
				continue
			}
			b.WriteString(value)
			i += end
		default:
			b.WriteByte('$')
		}
	}
	return b.String()
}

// factory expands ${…} as the loader of specs does, for texts without references.
func factory(t *testing.T, s string) string {
	var b strings.Builder
	for {
		i := strings.Index(s, "${")
		if i < 0 {
			return b.String() + s
		}
		if i == 0 || s[i-1] != '$' {
			t.Fatalf("%q holds a reference", s)
		}
		b.WriteString(s[:i-1] + "${")
		s = s[i+2:]
	}
}

func TestLiteralArrives(t *testing.T) {
	known := map[string]string{"HOME": "wrong", "x": "wrong"}
	for _, text := range []string{
		"", "plain", "$", "$$", "$$$", "$HOME", "$(HOME)", "$$(HOME)", "$$$(HOME)", "${HOME}", "$${HOME}", "$$${x}", "a$(b", "100$", "$(x)$(x)", "${", "$${", "p$5${a}$$(x)",
	} {
		if got := kubernetes(factory(t, Literal(text)), known); got != text {
			t.Errorf("%q is written as %q and arrives as %q", text, Literal(text), got)
		}
	}
}

// TestEncodeRoundTrip holds that every text that is written is read back as it was.
func TestEncodeRoundTrip(t *testing.T) {
	for _, text := range []string{
		"", " ", "a", "no", "yes", "~", "null", "true", "010", "1e3", "1:30", "2024-01-01", "a: b", "- a", "#a", "a #b", "'", "\"", "{a}", "[a", "@", "`", "%", "!a", "&a", "*a", "|", ">",
		"a\nb", "a\nb\n", "a\n\n", "\na", " a\nb", "a \nb", "a\tb", "a\r\nb", "\t", "é🙂", "\u0085", "\u2028x", "\ufeff", strings.Repeat("long ", 300), "a\n  b\n c", "?", "? a", ":", "a:", "=", "<<", "---", "...",
		"--- a\n---\n", "{{ .Values.x }}", "\x01", "#\n#", "\n", "\n\n",
	} {
		for _, keys := range []*Map{
			NewMap().Set("key", Text(text), nil),
			NewMap().Set("outer", NewMap().Set("key", Text(text), nil).Set("other", Number(1), nil), nil),
			NewMap().Set("list", List{Text(text), Text("x")}, nil),
			NewMap().Set(text, Text("value"), nil),
		} {
			data := encode([]string{"head"}, keys)
			var got yaml.Node
			if err := yaml.Unmarshal(data, &got); err != nil {
				t.Errorf("%q: %v\n%s", text, err, data)
				continue
			}
			if !holds(&got, text) {
				t.Errorf("%q is written as\n%s", text, data)
			}
		}
	}
}

func holds(n *yaml.Node, text string) bool {
	if n.Kind == yaml.ScalarNode && n.Value == text && n.ShortTag() == "!!str" {
		return true
	}
	for _, child := range n.Content {
		if holds(child, text) {
			return true
		}
	}
	return false
}

func TestLabel(t *testing.T) {
	for name, want := range map[string]string{
		"web": "web", "my_db": "my-db", "My.App": "my-app", "9lives": "x-9lives", "": "x", "---": "x", "a-": "a", "ü": "x", "a" + strings.Repeat("b", 99): "a" + strings.Repeat("b", 51),
	} {
		if got := Label(name, 52); got != want {
			t.Errorf("%q becomes %q, want %q", name, got, want)
		}
	}
	names := NewNames("global")
	for i, want := range []string{"global-2", "global-3", "a-b", "a-b-2"} {
		if got := names.For([]string{"global", "GLOBAL", "a_b", "a.b"}[i]); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got := NewNames().Port("a--very_long--port-name"); got != "a-very-long-p" {
		t.Errorf("port: %q", got)
	}
}

func TestHoldsSecret(t *testing.T) {
	for variable, want := range map[string]bool{
		"POSTGRES_PASSWORD=x": true, "DB_PASS=x": true, "API_KEY=x": true, "STRIPE_SECRET_KEY=x": true, "AUTH_TOKEN=x": true, "SECRET_KEY_BASE=x": true, "JWT_SECRET=x": true,
		"AWS_SECRET_ACCESS_KEY=x": true, "dbPassword=x": true, "DATABASE_URL=postgres://u:p@h/d": true, "AMQP=amqp://u:p%40@h": true, "CERT=-----BEGIN PRIVATE KEY-----": true,
		"PASSWORD=": false, "POSTGRES_PASSWORD_FILE=/run/secrets/x": false, "MYSQL_ALLOW_EMPTY_PASSWORD=yes": false, "MYSQL_RANDOM_ROOT_PASSWORD=1": false, "PWD=/srv": false,
		"KEYBOARD=us": false, "SORT_KEY=name": false, "TOKEN_TTL=3600": false, "URL=http://u@h/": false, "URL=http://h:80/a@b": false, "URL=postgres://u:$(P)@h/d": false, "PASSWORDLESS=x": false,
	} {
		name, value, _ := strings.Cut(variable, "=")
		if got := HoldsSecret(name, value); got != want {
			t.Errorf("%s: %v", variable, got)
		}
	}
}
