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
		"{{ toJson (not (or .Values.k .Values.x)) }}":                                "{{ toJson (not .Values.k) }}",
		"{{ if hasKey .Values.k \"x\" }}a{{ end }}":                                  "{{ if hasKey .Values.k \"x\" }}a{{ end }}",
		"{{ .Values.x }}{{ .Values.x | default 1 }}":                                 "{{ .Values.x }}{{ .Values.x | default 1 }}",
		"{{ define \"d\" }}{{ if .Values.x }}a{{ end }}b{{ end }}":                   "{{ define \"d\" }}b{{ end }}",
		"{{/* {{ if .Values.x }} */}}{{ \"}}\" }}{{ `{{ if .Values.x }}` }}":         "{{/* {{ if .Values.x }} */}}{{ \"}}\" }}{{ `{{ if .Values.x }}` }}",
		"{{ if not .Values.x }}{{ $a := 1 }}{{ end }}":                               "{{ if true }}{{ $a := 1 }}{{ end }}",
		"{{ if .Values.x }}a{{ else\n  if .Values.k }}b{{ end }}":                    "{{ if .Values.k }}b{{ end }}",
		// A variable is there behind its branch, and is what it was when that is not taken.
		"{{ with $a := .Values.x }}b{{ else with .Values.z }}c{{ end }}":     "",
		"{{ with $a := .Values.x }}b{{ else }}{{ $a }}{{ end }}":             "{{ with $a := .Values.x }}b{{ else }}{{ $a }}{{ end }}",
		"{{ if $a := not .Values.x }}{{ $a }}{{ end }}":                      "{{ if $a := not .Values.x }}{{ $a }}{{ end }}",
		"{{ with $a := or .Values.k .Values.x }}{{ else }}{{ $a }}{{ end }}": "{{ with $a := or .Values.k .Values.x }}{{ else }}{{ $a }}{{ end }}",
		"{{ $a := 1 }}{{ if $a = .Values.x }}b{{ end }}{{ $a }}":             "{{ $a := 1 }}{{ if $a = .Values.x }}b{{ end }}{{ $a }}",
		// A block is called here, too.
		`{{ if .Values.x }}{{ block "b" . }}c{{ end }}{{ end }}{{ template "b" . }}`: `{{ if .Values.x }}{{ block "b" . }}c{{ end }}{{ end }}{{ template "b" . }}`,
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

func TestMakesValues(t *testing.T) {
	for text, want := range map[string]bool{
		`{{ $_ := set .Values "k" 1 }}`:                                  true,
		`{{ $v := $.Values }}{{ $_ := mergeOverwrite $v (dict "k" 1) }}`: true,
		`{{ include "d" (dict "Values" .Values.k "Chart" .Chart) }}`:     true,
		`{{ toYaml (merge dict .Values.k) }}{{ $_ := set $d "k" 1 }}`:    false,
		`{{ if hasKey .Values "k" }}{{ $_ := set $d "k" 1 }}{{ end }}`:   false,
		`{{/* set .Values "Values" */}}{{ toYaml .Values }}`:             false,
	} {
		p, err := prune.Parse("t", `{{ $d := dict }}`+text)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.MakesValues(); got != want {
			t.Errorf("%s: got %v", text, got)
		}
	}
}

// FuzzPrune makes templates and values at random. A template without what the values cannot have has to give the same.
func FuzzPrune(f *testing.F) {
	for seed := range uint64(400) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 1))
		w := newWriter(r)
		text := w.body(3, false) + `{{ define "d" }}` + newWriter(r).body(0, false) + `{{ end }}{{ template "d" . }}`
		for _, name := range *w.blocks {
			text += "{{ template " + name + " $ }}"
		}
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

// writer writes templates. Each variable is written where it is in scope, and each block is called once more at the end.
type writer struct {
	*rand.Rand
	vars   *[]string
	blocks *[]string
}

func newWriter(r *rand.Rand) writer { return writer{r, new([]string), new([]string)} }

func (w writer) pick(of ...string) string { return of[w.IntN(len(of))] }

// body writes texts and actions. The variables that it sets end with it.
func (w writer) body(depth int, inRange bool) string {
	var b strings.Builder
	outer := len(*w.vars)
	defer func() { *w.vars = (*w.vars)[:outer] }()
	for range 1 + w.IntN(4) {
		b.WriteString(w.pick("", " ", "\n", "t", " t\n", "\n  t"))
		switch n := w.IntN(10); {
		case n < 4 && depth > 0:
			b.WriteString(w.block(depth-1, inRange))
		case n == 4:
			value := w.condition(1)
			b.WriteString(w.action(w.variable() + " := " + value))
		case n == 5 && len(*w.vars) > 0:
			b.WriteString(w.action(w.pick(*w.vars...) + " = " + w.condition(1)))
		case n == 6 && inRange:
			b.WriteString(w.action(w.pick("break", "continue")))
		case n == 7:
			b.WriteString(w.action(w.pick(`"}}"`, "`{{ if $.Values.a }}`", `'"'`, "/* {{ end }} it's */", "-3")))
		default:
			b.WriteString(w.action(w.pick(w.condition(2)+" | toJson", "/* c */", "toJson .", ".Chart.Name", "$.Chart.Name")))
		}
	}
	return b.String() + w.pick("", " ", "\n", "t")
}

func (w writer) block(depth int, inRange bool) string {
	var b strings.Builder
	outer := len(*w.vars)
	defer func() { *w.vars = (*w.vars)[:outer] }()
	word := w.pick("if", "with", "range", "block")
	if word == "block" {
		name := fmt.Sprintf("%q", fmt.Sprint("b", len(*w.blocks)))
		*w.blocks = append(*w.blocks, name)
		inner := w
		inner.vars = new([]string) // it sees no variables but its own
		return w.action("block "+name+" $") + inner.body(depth, false) + w.action("end")
	}
	inRange = inRange || word == "range"
	b.WriteString(w.action(w.head(word)) + w.body(depth, inRange))
	for word != "range" && w.IntN(3) == 0 {
		b.WriteString(w.action("else"+w.pick(" ", "  ", "\t", "\n")+w.head(word)) + w.body(depth, inRange))
	}
	if w.IntN(3) == 0 {
		b.WriteString(w.action("else") + w.body(depth, inRange && word != "range"))
	}
	return b.String() + w.action("end")
}

// head is what a block begins with. Its variables are there in its other branches, too.
func (w writer) head(word string) string {
	condition := w.condition(2)
	if strings.HasPrefix(condition, "(") && w.IntN(4) == 0 {
		return word + condition
	}
	switch w.IntN(3) {
	case 0:
		if word == "range" && w.IntN(2) == 0 {
			return word + " " + w.variable() + w.pick(", ", ",") + w.variable() + " := " + condition
		}
		return word + " " + w.variable() + w.pick(" := ", ":=") + condition
	default:
		return word + " " + condition
	}
}

// variable makes one, whose name another may have that ends before.
func (w writer) variable() string {
	name := fmt.Sprint("$v", len(*w.vars))
	*w.vars = append(*w.vars, name)
	return name
}

func (w writer) action(inner string) string {
	if strings.HasPrefix(inner, "/*") {
		return w.pick("{{", "{{- ") + inner + w.pick("}}", " -}}")
	}
	return w.pick("{{", "{{ ", "{{- ", "{{-\n") + inner + w.pick("}}", " }}", " -}}", "\n-}}")
}

func (w writer) condition(depth int) string {
	key := w.pick("a", "b", "c", "d")
	if len(*w.vars) > 0 && w.IntN(4) == 0 {
		return w.pick(*w.vars...)
	}
	if depth == 0 || w.IntN(2) == 0 {
		return fmt.Sprintf(w.pick("$.Values.%s", "$.Values.%s", "($.Values.%s).f", `(hasKey $.Values "%s")`, `(eq $.Values.%s "v")`), key)
	}
	in := func() string { return w.condition(depth - 1) }
	return "(" + w.pick("or "+in()+" "+in(), "and "+in()+" "+in(), "not "+in(), "or "+in()+" "+in()+" "+in(), "ternary 1 2 (not (not "+in()+"))",
		"default 1 "+in(), in()+" | default 1", "list "+in(), "$.Values | toJson") + ")"
}
