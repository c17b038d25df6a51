package deploy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/helm-chart-factory/factory/factory/deploy/diagnose"
	"github.com/helm-chart-factory/factory/factory/deploy/rollout"
)

// Evidence is what was found about a deploy that failed, collected before anything is rolled back. It holds no secret
// value of the release's namespace.
type Evidence struct {
	Release   string    `json:"release"`
	Namespace string    `json:"namespace"`
	Cluster   string    `json:"cluster"`
	At        time.Time `json:"at"`
	// Error is what the deploy ended with.
	Error    string             `json:"error"`
	Findings []diagnose.Finding `json:"findings"`
	// States are how far all objects were that were waited for.
	States []rollout.State `json:"-"`
}

// Write writes it for a person: what stopped the deploy first, each with the last lines of its logs, as many as asked for.
func (e *Evidence) Write(w io.Writer, logLines int) {
	(&rollout.NotReadyError{States: e.States, Findings: e.Findings}).Report(w, logLines)
}

// WriteAll writes all that is known, for a file: what, where, when, the evidence and the states of everything.
func (e *Evidence) WriteAll(w io.Writer) {
	fmt.Fprintf(w, "release    %s in namespace %s\ncluster    %s\nwhen       %s\nerror      %s\n",
		e.Release, e.Namespace, e.Cluster, e.At.Format(time.RFC3339), e.Error)
	e.Write(w, diagnose.LogLines)
	if len(e.States) > 0 {
		fmt.Fprintln(w, "\nall objects that were waited for")
	}
	for _, state := range e.States {
		fmt.Fprintf(w, "  %-8s %-44s %5s  %s\n", state.Phase, state.Object.Ref(), state.Count(), state.Message)
	}
}

// report gives the caller what is known about why the deploy failed, once. An interrupt is no failure, and what never
// reached the cluster leaves no evidence there.
func (d *deployment) report(ctx context.Context, err error) {
	if d.Failed == nil || d.reported || ctx.Err() != nil || errors.Is(err, context.Canceled) {
		return
	}
	found := &Evidence{Release: d.Name, Namespace: d.Namespace, Cluster: d.Cluster.String(), At: time.Now()}
	var notReady *rollout.NotReadyError
	var refused *RefusedError
	switch {
	case errors.As(err, &notReady):
		found.States, found.Findings = notReady.States, notReady.Findings
	case errors.As(err, &refused):
		for _, finding := range refused.Findings(d.Namespace) {
			found.Findings = append(found.Findings, d.mask().Finding(finding))
		}
	default:
		return
	}
	found.Error = d.mask().Text(err.Error())
	d.reported = true
	d.Failed(found)
}

// newMask returns a function that reads the Secrets when it is first called: most deploys have nothing to hide.
func (d *deployment) newMask(ctx context.Context) func() *diagnose.Mask {
	return sync.OnceValue(func() *diagnose.Mask { return maskOf(ctx, d.Cluster, d.Namespace) })
}
