package lint_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/helm-chart-factory/factory/factory/lint"
)

var update = flag.Bool("update", false, "rewrite the expected output")

// TestRulesAreDocumented keeps the rules in docs/lint.md in step with the code.
func TestRulesAreDocumented(t *testing.T) {
	const path, mark = "../../docs/lint.md", "-update -->\n"
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	written, _, ok := strings.Cut(string(data), mark)
	if !ok {
		t.Fatalf("%s does not tell where the rules begin", path)
	}
	want := written + mark + documentation()
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(data) != want {
		t.Errorf("%s is not what the rules say: run go test ./factory/lint -run Documented -update", path)
	}
}

func documentation() string {
	var b strings.Builder
	b.WriteString("\n## Rules\n\nWhere kube-linter has a rule, it has kube-linter's name here.\n")
	for _, r := range lint.Rules() {
		fmt.Fprintf(&b, "\n### %s\n\n%s: %s. %s\n\nFix: %s.\n", r.ID, strings.ToUpper(r.Severity.String()[:1])+r.Severity.String()[1:], r.What, r.Reason, strings.TrimSuffix(r.Fix, "."))
		if r.Elsewhere != "" {
			fmt.Fprintf(&b, "\nElsewhere: %s.\n", r.Elsewhere)
		}
	}
	return b.String()
}
