// Package doctor looks for what keeps a project from running, from the machine over the cluster to the release: checks
// that run in seconds, each with what it saw, why that matters and what puts it right.
package doctor

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Check is one thing that is right or wrong. The runner knows no more of it than this.
type Check struct {
	// ID is its short name, such as "registry".
	ID string
	// Title says what is true when it passes: "the registry answers".
	Title string
	// Needs are the IDs of checks, declared before this one, without which this one could only say the same again.
	Needs []string
	// Limit is how long it may take; zero means ten seconds.
	Limit time.Duration
	Run   func(context.Context) Verdict
}

// Outcome is how a check ended.
type Outcome string

const (
	Passed Outcome = "passed"
	Failed Outcome = "failed"
	// NotHere says that there is nothing to check: no k3s on this machine, no ingress in the specs.
	NotHere Outcome = "not-here"
	// NotChecked says that it could not be checked: something that it needs is wrong, or the person may not look.
	NotChecked Outcome = "not-checked"
)

// Verdict is what a check found.
type Verdict struct {
	Outcome Outcome `json:"outcome"`
	// Detail is the finding in one line. Of a check that failed, those that need it repeat it as their reason.
	Detail   string    `json:"detail,omitempty"`
	Problems []Problem `json:"problems,omitempty"`
}

// Problem is one thing that is wrong.
type Problem struct {
	// Saw is what was found, Why what follows from it, Fix the command to copy or the line to change.
	Saw string `json:"saw"`
	Why string `json:"why"`
	Fix string `json:"fix"`
	// Safe tells that --fix does it.
	Safe bool `json:"safe"`

	// remedy does the fix and says what it did; nil where that is for a person to decide.
	remedy remedy
}

type remedy func(context.Context) (did string, err error)

// Result is a check and its verdict.
type Result struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	Verdict
	Seconds float64 `json:"seconds"`
}

func passed(format string, args ...any) Verdict {
	return Verdict{Outcome: Passed, Detail: fmt.Sprintf(format, args...)}
}

func notHere(format string, args ...any) Verdict {
	return Verdict{Outcome: NotHere, Detail: fmt.Sprintf(format, args...)}
}

func notChecked(format string, args ...any) Verdict {
	return Verdict{Outcome: NotChecked, Detail: fmt.Sprintf(format, args...)}
}

// failed is a verdict of one problem or several; without any it is passed, with the detail of that.
func failed(detail string, problems ...Problem) Verdict {
	for i := range problems {
		problems[i].Safe = problems[i].remedy != nil
	}
	return Verdict{Outcome: Failed, Detail: detail, Problems: problems}
}

// next splits an error of factory's into what is wrong and what it says to do next.
func next(err error) (saw, fix string) {
	saw, fix, _ = strings.Cut(err.Error(), "\nnext: ")
	return saw, fix
}
