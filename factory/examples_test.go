package main_test

import (
	"path/filepath"
	"testing"

	"github.com/helm-chart-factory/factory/factory/lint"
	"github.com/helm-chart-factory/factory/factory/lint/rule"
	"github.com/helm-chart-factory/factory/factory/spec"
	"github.com/helm-chart-factory/factory/templates"
)

// TestExamples: every example is a project that loads, renders, and gives lint no reason to object.
func TestExamples(t *testing.T) {
	examples, err := filepath.Glob("../examples/*/" + spec.ProjectFile)
	if err != nil {
		t.Fatal(err)
	}
	if len(examples) < 12 {
		t.Errorf("only %d examples", len(examples))
	}
	for _, file := range examples {
		dir := filepath.Dir(file)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			report, err := lint.Run(t.Context(), lint.Request{Dir: dir, Builtin: templates.Files})
			if err != nil {
				t.Fatal(err)
			}
			if report.Objects < 3 {
				t.Errorf("it makes %d objects", report.Objects)
			}
			for _, f := range report.Findings {
				if f.Severity == rule.Error {
					t.Errorf("%s:%d: %s: %s", f.File, f.Line, f.Rule, f.Text)
				}
			}
		})
	}
}
