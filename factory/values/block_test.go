package values_test

import (
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/helm-chart-factory/factory/factory/values"
)

// TestTextsOfSeveralLines reads every text back as it was, wherever it stands.
func TestTextsOfSeveralLines(t *testing.T) {
	texts := []string{
		"a\nb", "a\nb\n", "a\nb\n\n", "\na", "a\n\nb\n", "a\n \nb\n", " a\nb", "\ta\nb", "a\n\tb\n", "a\n  b: c\n# d\n- e\n", "a \nb\n", "---\na\n...\n",
		"{{ a }}\n{{- b }}\n", "\n", "a\r\nb\r\n", "a\u2028\nb", "a\u0085b\n", "é\n日本語\n🙂\n", "\"a\"\n'b'\n", "a:\n  - b\n    c\n", "%a\n%b\n", "a\n\n\n  b\n", "x\n\u00a0\n",
	}
	tree := values.Map{}
	for i, text := range texts {
		key := string(rune('a' + i))
		tree = append(tree, values.Entry{Key: key, Value: values.Map{
			{Key: "plain", Value: text}, {Key: "list", Value: []any{text, values.Map{{Key: "first", Value: text}, {Key: "second", Value: text}}}}}})
	}
	written := tree.Append(nil)
	var read map[string]struct {
		Plain string
		List  []any
	}
	if err := yaml.UnmarshalStrict(written, &read); err != nil {
		t.Fatalf("%v\n%s", err, written)
	}
	for i, text := range texts {
		got := read[string(rune('a'+i))]
		item := got.List[1].(map[string]any)
		if got.Plain != text || got.List[0] != text || item["first"] != text || item["second"] != text {
			t.Errorf("%q became %+v", text, got)
		}
	}
	if !strings.Contains(string(written), "  plain: |\n    a\n    b\n") {
		t.Errorf("nothing is written line by line:\n%s", written)
	}
}
