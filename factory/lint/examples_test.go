package lint_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/helm-chart-factory/factory/factory/lint/rule"
)

// TestOwnProjects holds that this project itself and all examples are without a finding that counts, apart from what is waived.
func TestOwnProjects(t *testing.T) {
	projects, err := filepath.Glob("../../examples/*/factory.yaml")
	if err != nil || len(projects) == 0 {
		t.Fatal("no examples", err)
	}
	for _, file := range append(projects, "../../factory.yaml") {
		dir := filepath.Dir(file)
		t.Run(strings.TrimPrefix(filepath.ToSlash(dir), "../../"), func(t *testing.T) {
			for _, f := range judge(t, dir).Findings {
				// What an upgrade from the last commit does is for whoever commits to weigh.
				if f.Severity > rule.Note && !strings.HasPrefix(f.Rule, "upgrade-") {
					t.Errorf("%s:%d: %s: %s: %s", f.File, f.Line, f.Rule, f.Object, f.Text)
				}
			}
		})
	}
}
