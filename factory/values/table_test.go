package values_test

import (
	"strings"
	"testing"

	"github.com/helm-chart-factory/factory/factory/values"
)

// TestTable: a cell holds one line of what helm-docs would write, and no text of a value leaves it.
func TestTable(t *testing.T) {
	long := strings.Repeat("x", 61)
	for _, test := range []struct {
		value        any
		inline, keys string
	}{
		{"web", `"web"`, ""},
		{int64(5), "5", ""},
		{true, "true", ""},
		{values.Map{{Key: "b", Value: "x"}, {Key: "a", Value: []any{int64(1), values.Map{}}}}, `{"a":[1,{}],"b":"x"}`, "b, a"},
		{`say "\`, `"say \"\\"`, ""},
		{[]any{"a|b"}, "", "1 in values.yaml"},
		{[]any{"a`b"}, "", "1 in values.yaml"},
		{[]any{"a\nb"}, "", "1 in values.yaml"},
		{[]any{"é"}, "", "1 in values.yaml"},
		{values.Map{{Key: long, Value: "x"}}, "", long},
		{values.Map{{Key: "a\nb: c", Value: long}}, "", "1 in values.yaml"},
		{values.Map{{Key: "a|b", Value: "x"}, {Key: "c", Value: "x"}}, "", "2 in values.yaml"},
		{values.Map{{Key: long, Value: "x"}, {Key: long + "y", Value: "x"}}, "", "2 in values.yaml"},
	} {
		if got := values.Inline(test.value); got != test.inline {
			t.Errorf("%v inline is %s, want %s", test.value, got, test.inline)
		}
		if test.inline != "" && test.keys == "" {
			continue
		}
		if got := values.Keys(test.value); got != test.keys {
			t.Errorf("the keys of %v are %s, want %s", test.value, got, test.keys)
		}
	}
	got := string(values.Map{{Key: "a", Value: values.Map{{Key: "k", Value: long}}, Comment: "What.", Default: "k"}, {Key: "n", Value: int64(1), Comment: "Number."}}.AppendTable(nil))
	if want := "| Key | Type | Default | Description |\n|-----|------|---------|-------------|\n| a | object | k | What. |\n| n | int | `1` | Number. |\n"; got != want {
		t.Errorf("got\n%s", got)
	}
}
