package format

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/helm-chart-factory/factory/factory/lint"
	"github.com/helm-chart-factory/factory/factory/lint/rule"
)

// The parts of SARIF 2.1.0 that are used: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool struct {
			Driver sarifDriver `json:"driver"`
		} `json:"tool"`
		ColumnKind string        `json:"columnKind"`
		Results    []sarifResult `json:"results"`
	}
	sarifDriver struct {
		Name  string      `json:"name"`
		Rules []sarifRule `json:"rules"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifRule struct {
		ID            string    `json:"id"`
		Short         sarifText `json:"shortDescription"`
		Full          sarifText `json:"fullDescription"`
		Help          sarifText `json:"help"`
		Configuration struct {
			Level rule.Severity `json:"level"`
		} `json:"defaultConfiguration"`
	}
	sarifResult struct {
		Rule         string             `json:"ruleId"`
		Index        int                `json:"ruleIndex"`
		Level        rule.Severity      `json:"level"`
		Message      sarifText          `json:"message"`
		Locations    []sarifLocation    `json:"locations"`
		Fingerprints map[string]string  `json:"partialFingerprints"`
		Suppressions []sarifSuppression `json:"suppressions,omitempty"`
	}
	sarifLocation struct {
		Physical sarifPhysical  `json:"physicalLocation"`
		Logical  []sarifLogical `json:"logicalLocations,omitempty"`
	}
	sarifPhysical struct {
		Artifact struct {
			URI string `json:"uri"`
		} `json:"artifactLocation"`
		Region *sarifRegion `json:"region,omitempty"`
	}
	sarifRegion struct {
		Line   int `json:"startLine"`
		Column int `json:"startColumn,omitempty"`
	}
	sarifLogical struct {
		Name string `json:"fullyQualifiedName"`
		Kind string `json:"kind"`
	}
	sarifSuppression struct {
		Kind          string `json:"kind"`
		Justification string `json:"justification"`
	}
)

// SARIF writes the findings as SARIF 2.1.0, those that are waived as suppressed. Dir is the project's folder as the person named
// it: places are given from where the command runs.
func SARIF(w io.Writer, r *lint.Report, rules []rule.Rule, dir string) error {
	run := sarifRun{ColumnKind: "unicodeCodePoints", Results: []sarifResult{}}
	run.Tool.Driver = sarifDriver{Name: "factory lint", Rules: make([]sarifRule, len(rules))}
	index := map[string]int{}
	for i, r := range rules {
		index[r.ID] = i
		described := sarifRule{
			ID: r.ID, Short: sarifText{sentence(r.What) + "."}, Full: sarifText{r.Reason}, Help: sarifText{"Fix: " + r.Fix + "."},
		}
		described.Configuration.Level = r.Severity
		run.Tool.Driver.Rules[i] = described
	}
	for _, f := range slices.Concat(r.Findings, r.Waived) {
		result := sarifResult{
			Rule: f.Rule, Index: index[f.Rule], Level: f.Severity, Message: sarifText{message(f)},
			Locations:    []sarifLocation{location(f, dir)},
			Fingerprints: map[string]string{"factoryLint/v1": fingerprint(f)},
		}
		if f.Waived != "" {
			result.Suppressions = []sarifSuppression{{Kind: "inSource", Justification: f.Waived}}
		}
		run.Results = append(run.Results, result)
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(sarifLog{
		Schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{run},
	})
}

// message says all that a person has to know, since most readers show nothing else.
func message(f lint.Finding) string {
	text := f.Text
	if f.Object != "" {
		text = f.Object + ": " + text
	}
	if f.Environment != "" {
		text += " (in the environment " + f.Environment + ")"
	}
	if f.Fix != "" {
		text += "\nFix: " + f.Fix
	}
	return text
}

func location(f lint.Finding, dir string) sarifLocation {
	var l sarifLocation
	uri := url.URL{Path: file(f, dir)}
	if path.IsAbs(uri.Path) {
		uri.Scheme = "file"
	}
	l.Physical.Artifact.URI = uri.String()
	if f.Line > 0 {
		l.Physical.Region = &sarifRegion{Line: f.Line, Column: f.Column}
	}
	if f.Object != "" {
		l.Logical = []sarifLogical{{Name: strings.TrimPrefix(f.Service+"/"+f.Object, "/"), Kind: "resource"}}
	}
	return l
}

// file is where a finding is from where the command runs. What is in no file is the project's.
func file(f lint.Finding, dir string) string {
	if f.File == "" {
		return path.Join(dir, "factory.yaml")
	}
	return path.Join(dir, f.File)
}

// fingerprint stays the same when lines move.
func fingerprint(f lint.Finding) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{f.Rule, f.Service, f.Object, f.Text, f.Environment}, "\x00")))
	return hex.EncodeToString(sum[:16])
}
