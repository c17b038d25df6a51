package format_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"flag"
	"os"
	"testing"

	"github.com/helm-chart-factory/factory/factory/console"
	"github.com/helm-chart-factory/factory/factory/lint"
	"github.com/helm-chart-factory/factory/factory/lint/format"
	"github.com/helm-chart-factory/factory/factory/lint/rule"
)

var update = flag.Bool("update", false, "rewrite the expected output")

func report() *lint.Report {
	return &lint.Report{
		Charts: 3, Objects: 12, Services: []string{"api", "web"}, Against: "HEAD (1234567)",
		Findings: []lint.Finding{
			{Rule: "unknown-waiver", Severity: rule.Error, File: "factory.yaml", Line: 3, Column: 9, Text: `there is no rule "x"`, Fix: "see the rules"},
			{Rule: "latest-tag", Severity: rule.Error, Service: "api", Object: "Deployment api", File: "services/api/service.yaml", Line: 1, Column: 1, Text: "it moves", Fix: "name a version", Environment: "prod"},
			{Rule: "no-liveness-probe", Severity: rule.Warning, Service: "api", Object: "Deployment api", File: "services/api/service.yaml", Line: 2, Column: 1, Text: "it <hangs> & hangs", Fix: "say health"},
			{Rule: "exposed-services", Severity: rule.Note, Service: "web", Object: "Service web", File: "templates/service.yaml", Text: "it is open", Fix: "close it"},
		},
		Waived: []lint.Finding{
			{Rule: "latest-tag", Severity: rule.Error, Service: "web", Object: "Deployment web", File: "services/web/service.yaml", Line: 1, Column: 1, Text: "it moves", Waived: "the mirror pins it"},
		},
	}
}

func rules() []rule.Rule {
	return []rule.Rule{
		{ID: "latest-tag", Severity: rule.Error, What: "a tag that moves", Reason: "It moves.", Fix: "name a version"},
		{ID: "no-liveness-probe", Severity: rule.Warning, What: "no probe", Reason: "It hangs.", Fix: "say health", Elsewhere: "kube-score pod-probes"},
		{ID: "exposed-services", Severity: rule.Note, What: "an open Service", Reason: "It is open.", Fix: "close it"},
		{ID: "unknown-waiver", Severity: rule.Error, What: "no such rule", Reason: "It waives nothing.", Fix: "see the rules"},
	}
}

// TestFormats holds what each format makes of one report, to the byte.
func TestFormats(t *testing.T) {
	var text, sarif, junit, strict, list bytes.Buffer
	format.Text(&console.Streams{Out: &text}, report())
	format.Rules(&list, rules())
	for _, err := range []error{
		format.SARIF(&sarif, report(), rules(), "shop"),
		format.JUnit(&junit, report(), ".", false),
		format.JUnit(&strict, report(), ".", true),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if !json.Valid(sarif.Bytes()) {
		t.Error("SARIF is no JSON")
	}
	if err := xml.Unmarshal(junit.Bytes(), new(struct{})); err != nil {
		t.Errorf("JUnit is no XML: %v", err)
	}
	for name, got := range map[string]*bytes.Buffer{"text": &text, "rules": &list, "sarif.json": &sarif, "junit.xml": &junit, "junit-strict.xml": &strict} {
		path := "testdata/" + name
		if *update {
			if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Bytes(), want) {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
		}
	}
}
