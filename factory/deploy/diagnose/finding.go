// Package diagnose turns what Kubernetes says of an object that is not ready (container states, conditions, events)
// into a likely cause in words and the command to run next. Only Ask speaks to the cluster.
package diagnose

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Finding is one thing that keeps an object from being ready, with the evidence for it.
type Finding struct {
	// Object is what was deployed, as kind/name: "deployment/backend".
	Object    string `json:"object"`
	Namespace string `json:"namespace,omitempty"`
	// Pod and Container are empty when there is none yet.
	Pod       string `json:"pod,omitempty"`
	Container string `json:"container,omitempty"`
	// Reason is Kubernetes' own word for the state: ImagePullBackOff, CrashLoopBackOff, Unschedulable.
	Reason string `json:"reason"`
	// Detail is the message that came with it.
	Detail string `json:"detail,omitempty"`
	// Cause says in words what is probably wrong, Next what to run or change.
	Cause string `json:"cause"`
	Next  string `json:"next,omitempty"`
	// Events are the newest last, at most five.
	Events []string `json:"events,omitempty"`
	// Logs are the last lines of the container, at most 200, Previous those of the run before it.
	Logs     []string `json:"logs,omitempty"`
	Previous []string `json:"previousLogs,omitempty"`

	// Patience is how long this state may last before waiting longer is pointless. Zero: it may still pass by itself.
	Patience time.Duration `json:"-"`
	// Restarts is how often the container was started again; after the first there are previous logs.
	Restarts int32 `json:"-"`
	// Started tells that the container runs or has run, so that there are logs.
	Started bool `json:"-"`

	ask question
	// before is the finding as it was before anything was asked about it; nil when nothing was.
	before *Finding
}

// Summary is the finding in one line.
func (f Finding) Summary() string {
	where := f.Object
	if f.Container != "" {
		where += ", container " + f.Container
	}
	return fmt.Sprintf("%s: %s: %s", where, f.Reason, f.Cause)
}

// Key tells findings of the same trouble apart from others, over time too. Two replicas that fail alike share it, and so
// do the states between which a failing container alternates.
func (f Finding) Key() string {
	f = f.Unasked()
	return strings.Join([]string{f.Namespace, f.Object, f.Container, f.Cause}, "\x00")
}

// Unasked is the finding without what was answered about it.
func (f Finding) Unasked() Finding {
	if f.before != nil {
		return *f.before
	}
	return f
}

// Distinct keeps the first finding of each trouble: the second replica that fails alike tells nothing new.
func Distinct(findings []Finding) []Finding {
	seen := map[string]bool{}
	var kept []Finding
	for _, finding := range findings {
		if !seen[finding.Key()] {
			seen[finding.Key()] = true
			kept = append(kept, finding)
		}
	}
	return kept
}

// Write prints the finding with its evidence, indented under its object. Of each log it prints the last lines, as many as
// asked for.
func (f Finding) Write(w io.Writer, logLines int) {
	title := f.Object
	if f.Pod != "" {
		title += "  pod " + f.Pod
	}
	if f.Container != "" {
		title += "  container " + f.Container
	}
	fmt.Fprintf(w, "\n%s\n", title)
	fmt.Fprintf(w, "  state   %s\n", f.Reason)
	if f.Detail != "" {
		fmt.Fprintf(w, "          %s\n", strings.ReplaceAll(f.Detail, "\n", "\n          "))
	}
	writeLines(w, "events", f.Events)
	writeLines(w, "log", last(f.Logs, logLines))
	writeLines(w, "log of the run before", last(f.Previous, logLines))
	fmt.Fprintf(w, "  cause   %s\n", f.Cause)
	if f.Next != "" {
		fmt.Fprintf(w, "  next    %s\n", f.Next)
	}
}

func last(lines []string, count int) []string { return lines[max(len(lines)-count, 0):] }

func writeLines(w io.Writer, title string, lines []string) {
	if len(lines) == 0 {
		return
	}
	fmt.Fprintf(w, "  %s\n", title)
	for _, line := range lines {
		fmt.Fprintf(w, "    | %s\n", line)
	}
}
