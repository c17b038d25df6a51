package prune_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"text/template"

	"github.com/Masterminds/sprig/v3"

	"github.com/helm-chart-factory/factory/factory/subchart/prune"
)

func pruned(t testing.TB, text string, keys ...string) string {
	t.Helper()
	p, err := prune.Parse("t", text)
	if err != nil {
		t.Fatalf("%v in %q", err, text)
	}
	return p.Prune(func(key string) bool { return strings.Contains(strings.Join(keys, " "), key) })
}

func TestPrune(t *testing.T) {
	for text, want := range map[string]string{
		"a{{ if .Values.x }}b{{ end }}c":                                             "ac",
		"a{{ if .Values.k }}b{{ end }}c":                                             "a{{ if .Values.k }}b{{ end }}c",
		"a\n  {{- with .Values.x }}\n  b\n  {{- end }}\n  c":                         "a\n  c",
		"a\n{{ if .Values.x -}}\n  b\n{{- end -}}\n  c":                              "a\nc",
		"a{{ if .Values.x }}b{{ else }}c{{ end }}d":                                  "acd",
		"a{{ if .Values.x }}b{{ else if .Values.k }}c{{ end }}d":                     "a{{ if .Values.k }}c{{ end }}d",
		"{{ if .Values.k }}b{{ else if .Values.x }}c{{ else }}d{{ end }}":            "{{ if .Values.k }}b{{ else }}d{{ end }}",
		"{{ if .Values.k }}b{{ else if not .Values.x }}c{{ else }}{{ .d }}{{ end }}": "{{ if .Values.k }}b{{ else }}c{{ end }}",
		"s:\n  {{- if not .Values.x }}\n  r: {{ .Values.k }}\n  {{- end }}\n  t":     "s:\n  r: {{ .Values.k }}\n  t",
		"{{ range $a, $b := .Values.x }}{{ $a }}{{ end }}":                           "",
		"{{ range (.Values.x).y }}a{{ else }}b{{ end }}":                             "b",
		"{{ with $.Values.x }}a{{ end }}":                                            "",
		"{{ $y := . }}{{ with $y.Values.x }}a{{ end }}":                              "{{ $y := . }}{{ with $y.Values.x }}a{{ end }}",
		"{{ if or .Values.x .Values.k .Values.z }}a{{ end }}":                        "{{ if .Values.k }}a{{ end }}",
		"{{ if or .Values.x (.Values.k).y .Values.k }}a{{ end }}":                    "{{ if or (.Values.k).y .Values.k }}a{{ end }}",
		"{{- if or .Values.x (.Values.z).y }}a{{ end }}":                             "",
		"{{ if and .Values.k .Values.x }}a{{ end }}":                                 "",
		"{{ or (.Values.x).y .Chart.Name }}":                                         "{{ .Chart.Name }}",
		"{{ int64 (ternary .Values.x .Values.k (hasKey .Values \"x\")) }}":           "{{ int64 .Values.k }}",
		"{{ int64 (or .Values.x (eq .Values.k 1)) }}":                                "{{ int64 (eq .Values.k 1) }}",
		"{{ toJson (or .Values.k .Values.x) }}":                                      "{{ toJson (or .Values.k .Values.x) }}", // null, when both are false
		"{{ .Values.x }}{{ .Values.x | default 1 }}":                                 "{{ .Values.x }}{{ .Values.x | default 1 }}",
		"{{ define \"d\" }}{{ if .Values.x }}a{{ end }}b{{ end }}":                   "{{ define \"d\" }}b{{ end }}",
		"{{/* {{ if .Values.x }} */}}{{ \"}}\" }}{{ `{{ if .Values.x }}` }}":         "{{/* {{ if .Values.x }} */}}{{ \"}}\" }}{{ `{{ if .Values.x }}` }}",
		"{{ if not .Values.x }}{{ $a := 1 }}{{ end }}":                               "{{ if true }}{{ $a := 1 }}{{ end }}",
		// What goes had trimmed the text beside it, what stays trims no more than before.
		"{{ .k -}}{{ if .Values.x }}b{{ end }} c":     "{{ .k }} c",
		"{{ .k -}} \n{{ if .Values.x }}b{{ end }}\nc": "{{ .k }}\nc",
		"{{ .k -}} a{{ if .Values.x }}b{{ end }}\nc":  "{{ .k -}} a\nc",
		"c {{ if .Values.x }}b{{ end }}{{- .k }}":     "c {{ .k }}",
	} {
		if got := pruned(t, text, "k"); got != want {
			t.Errorf("%q\ngot  %q\nwant %q", text, got, want)
		}
	}
}

func TestAsks(t *testing.T) {
	p, err := prune.Parse("t", `{{ if or .Values.b (not (.Values.a).c) }}{{ with $.Values.d }}{{ .Values.b }}{{ end }}{{ end }}{{ .Chart.e }}`)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(p.Asks(), " "); got != "b a d" {
		t.Errorf("got %s", got)
	}
	if _, err := prune.Parse("service.yaml", "a\n{{ if .x }}"); err == nil || !strings.Contains(err.Error(), "service.yaml:2: unexpected EOF") {
		t.Errorf("got %v", err)
	}
}

// FuzzPrune makes templates and values at random. A template without what the values cannot have has to give the same.
func FuzzPrune(f *testing.F) {
	for seed := range uint64(400) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 1))
		text := writer{r}.body(3) + `{{ define "d" }}` + writer{r}.body(2) + `{{ end }}{{ template "d" . }}`
		all := []string{"a", "b", "c", "d"}
		for range 8 {
			keys := all[r.IntN(len(all)+1):]
			values := map[string]any{}
			for _, key := range keys {
				if v := []any{nil, "", "v", []any{"x", "y"}, map[string]any{"f": "g"}, 0, true}[r.IntN(7)]; v != nil {
					values[key] = v
				}
			}
			short := pruned(t, text, keys...)
			want, err := run(t, text, values)
			if err != nil {
				continue // a field of a text, or a range over a boolean
			}
			if got, err := run(t, short, values); got != want || err != nil {
				t.Fatalf("values %v\n%s\ngives %q, but without what is never there\n%s\ngives %q %v", values, text, want, short, got, err)
			}
			if again := pruned(t, short, keys...); again != short {
				t.Fatalf("%s\nis pruned once more to\n%s", short, again)
			}
		}
	})
}

var functions = sprig.TxtFuncMap()

func run(t *testing.T, text string, values map[string]any) (string, error) {
	t.Helper()
	parsed, err := template.New("t").Funcs(functions).Option("missingkey=zero").Parse(text)
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	var out strings.Builder
	err = parsed.Execute(&out, map[string]any{"Values": values, "Chart": map[string]any{"Name": "n"}})
	return out.String(), err
}

// writer writes templates.
type writer struct{ *rand.Rand }

func (w writer) pick(of ...string) string { return of[w.IntN(len(of))] }

func (w writer) body(depth int) string {
	var b strings.Builder
	for range 1 + w.IntN(4) {
		b.WriteString(w.pick("", " ", "\n", "t", " t\n", "\n  t"))
		switch n := w.IntN(8); {
		case n < 4 && depth > 0:
			b.WriteString(w.block(depth - 1))
		case n == 4:
			b.WriteString(w.action("$v := " + w.condition(1)))
		default:
			b.WriteString(w.action(w.pick(w.condition(1)+" | toJson", "/* c */", "toJson .", ".Chart.Name", "$.Chart.Name")))
		}
	}
	return b.String() + w.pick("", " ", "\n", "t")
}

func (w writer) block(depth int) string {
	var b strings.Builder
	word := w.pick("if", "with", "range", "range $k, $v :=", "with $w :=")
	b.WriteString(w.action(word + " " + w.condition(2)))
	b.WriteString(w.body(depth))
	for word == "if" && w.IntN(3) == 0 {
		b.WriteString(w.action("else if "+w.condition(2)) + w.body(depth))
	}
	if w.IntN(3) == 0 {
		b.WriteString(w.action("else") + w.body(depth))
	}
	return b.String() + w.action("end")
}

func (w writer) action(inner string) string {
	if strings.HasPrefix(inner, "/*") {
		return w.pick("{{", "{{- ") + inner + w.pick("}}", " -}}")
	}
	return w.pick("{{", "{{ ", "{{- ") + inner + w.pick("}}", " }}", " -}}")
}

func (w writer) condition(depth int) string {
	key := w.pick("a", "b", "c", "d")
	if depth == 0 || w.IntN(2) == 0 {
		return fmt.Sprintf(w.pick("$.Values.%s", "$.Values.%s", "($.Values.%s).f", `(hasKey $.Values "%s")`), key)
	}
	in := func() string { return w.condition(depth - 1) }
	return "(" + w.pick("or "+in()+" "+in(), "and "+in()+" "+in(), "not "+in(), "or "+in()+" "+in()+" "+in(), "ternary 1 2 (not (not "+in()+"))", "default 1 "+in(), "list "+in()) + ")"
}
