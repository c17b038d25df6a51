package format

import (
	"encoding/xml"
	"fmt"
	"io"

	"github.com/helm-chart-factory/factory/factory/lint"
	"github.com/helm-chart-factory/factory/factory/lint/rule"
)

// The parts of JUnit's XML that test reports of CI servers read.
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Skipped  int          `xml:"skipped,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Skipped  int         `xml:"skipped,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Class   string        `xml:"classname,attr"`
		Name    string        `xml:"name,attr"`
		File    string        `xml:"file,attr,omitempty"`
		Line    int           `xml:"line,attr,omitempty"`
		Failure *junitFailure `xml:"failure"`
		Skipped *junitSkipped `xml:"skipped"`
		Out     string        `xml:"system-out,omitempty"`
	}
	junitFailure struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"`
		Text    string `xml:",chardata"`
	}
	junitSkipped struct {
		Message string `xml:"message,attr"`
	}
)

// JUnit writes the findings as a test report: a suite for each service and one for the project, a case for each finding, and
// one that passes for all else. What fails the run fails its case, so strict makes warnings fail; what is waived is skipped.
func JUnit(w io.Writer, r *lint.Report, dir string, strict bool) error {
	all := junitSuites{Name: "factory lint"}
	for _, service := range append([]string{""}, r.Services...) {
		suite := junitSuite{Name: heading(service)}
		for _, f := range r.Findings {
			if f.Service == service {
				suite.Cases = append(suite.Cases, finding(f, dir, strict))
			}
		}
		for _, f := range r.Waived {
			if f.Service == service {
				suite.Cases = append(suite.Cases, finding(f, dir, strict))
			}
		}
		suite.Cases = append(suite.Cases, junitCase{Class: heading(service), Name: "everything else"})
		suite.Tests = len(suite.Cases)
		for _, c := range suite.Cases {
			if c.Failure != nil {
				suite.Failures++
			}
			if c.Skipped != nil {
				suite.Skipped++
			}
		}
		all.Suites = append(all.Suites, suite)
		all.Tests, all.Failures, all.Skipped = all.Tests+suite.Tests, all.Failures+suite.Failures, all.Skipped+suite.Skipped
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	encoder := xml.NewEncoder(w)
	encoder.Indent("", "  ")
	if err := encoder.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func finding(f lint.Finding, dir string, strict bool) junitCase {
	c := junitCase{Class: heading(f.Service), Name: f.Rule, File: file(f, dir), Line: f.Line}
	if f.Object != "" {
		c.Name += " (" + f.Object + ")"
	}
	text := fmt.Sprintf("%s: %s\n%s\n", place(f), f.Severity, message(f))
	switch {
	case f.Waived != "":
		c.Skipped = &junitSkipped{Message: "waived: " + f.Waived}
	case f.Severity == rule.Error, f.Severity == rule.Warning && strict:
		c.Failure = &junitFailure{Message: f.Text, Type: f.Severity.String(), Text: text}
	default:
		c.Out = text
	}
	return c
}
