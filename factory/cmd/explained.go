package cmd

import (
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/helm-chart-factory/factory/factory/console"
	"github.com/helm-chart-factory/factory/factory/explain"
)

// printAnswers prints the whole chain of one leaf, and a line for each of several.
func (a *app) printAnswers(answers []explain.Answer) error {
	switch {
	case a.output == "json":
		return json.NewEncoder(a.Out).Encode(answers)
	case len(answers) == 1:
		a.printAnswer(answers[0])
		return nil
	}
	lines := tabwriter.NewWriter(a.Out, 0, 0, 2, ' ', 0)
	for _, answer := range answers {
		from := answer.Origin.Short()
		if answer.Because != nil {
			from += ", because of " + answer.Because.Place()
		}
		fmt.Fprintf(lines, "%s\t%s\t%s\n", answer.Path, shown(answer.Value, 40), from)
	}
	return lines.Flush()
}

func (a *app) printAnswer(answer explain.Answer) {
	fmt.Fprintf(a.Out, "%s, %s\n  %s\n\n", answer.Object, answer.Path, a.Paint(console.Green, shown(answer.Value, 2000)))
	a.printOrigin("from", answer.Origin)
	for i, v := range answer.Values {
		for j, o := range v.Origins {
			if i+j > 0 && o != answer.Origin {
				a.printOrigin("also", o)
			}
		}
	}
	if answer.Because != nil {
		a.printOrigin("because", *answer.Because)
	}
	for _, v := range answer.Values {
		place := "said by Helm"
		if v.File != "" {
			place = fmt.Sprintf("%s:%d", v.File, v.Line)
		}
		fmt.Fprintf(a.Out, "  value     %s   %s\n", v.Name, place)
	}
	if answer.Template != nil && *answer.Template != answer.Origin {
		fmt.Fprintf(a.Out, "  template  %s\n", answer.Template.Place())
	}
	if answer.Origin.Kind == explain.FromDefault {
		fmt.Fprintf(a.Out, "\nto change it, say %s\n", answer.Origin.Key)
	}
}

func (a *app) printOrigin(word string, o explain.Origin) {
	line := o.Short()
	if o.Kind != explain.FromDefault && o.Key != "" {
		line += "   " + o.Key
		if !strings.HasSuffix(o.Key, o.Text) {
			line += ": " + shown(o.Text, 60)
		}
	}
	fmt.Fprintf(a.Out, "  %-8s  %s\n", word, line)
	if o.Meaning != "" {
		fmt.Fprintf(a.Out, "            %s\n", o.Meaning)
	}
}

// shown is a value as one line of JSON, or as the text that it is, up to a length.
func shown(v any, longest int) string {
	text, isText := v.(string)
	if !isText || text == "" || strings.ContainsAny(text, "\n\t") {
		encoded, err := json.Marshal(v)
		if err != nil {
			return fmt.Sprint(v)
		}
		text = string(encoded)
	}
	if runes := []rune(text); len(runes) > longest {
		return string(runes[:longest]) + "…"
	}
	return text
}

func (a *app) printKey(k *explain.Key) {
	fmt.Fprintf(a.Out, "%s, in %s\n  %s\n\n", k.Name, k.File, k.Meaning)
	row := func(word, text string) {
		if text != "" {
			fmt.Fprintf(a.Out, "  %-8s  %s\n", word, text)
		}
	}
	said := k.Said
	if said == "" {
		said = "nowhere here"
	}
	row("said", said)
	row("one of", strings.Join(k.Words, ", "))
	if k.Default != nil {
		row("default", shown(k.Default, 200))
	}
	for _, example := range k.Examples {
		row("example", shown(example, 200))
	}
	word := "keys"
	if k.List {
		word = "items"
	}
	row(word, strings.ReplaceAll(strings.Join(k.Keys, ", "), "*", "any name"))
}
