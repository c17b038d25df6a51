package doctor

import (
	"context"
	"fmt"
	"strings"

	"github.com/helm-chart-factory/factory/factory/deploy"
	"github.com/helm-chart-factory/factory/factory/deploy/diagnose"
	"github.com/helm-chart-factory/factory/factory/deploy/rollout"
)

// released finds the release for the checks of what runs.
func (e *examination) released(ctx context.Context) Verdict {
	release, err := deploy.Find(ctx, e.cluster, e.Project.Name, e.Project.Namespace)
	if err == nil && release != nil {
		e.states, e.missing, err = release.States(ctx, e.cluster)
	}
	if err != nil {
		return notAllowed(err)
	}
	if release == nil {
		return notHere("nothing is released yet: factory deploy")
	}
	e.release = release
	return passed("revision %d, %s", release.Revision, release.Status)
}

// pods names the objects of the release that are gone, and says of every workload that is not ready what keeps it.
func (e *examination) pods(ctx context.Context) Verdict {
	var problems []Problem
	workloads, waiting := 0, 0
	if !e.release.Deployed() {
		problems = append(problems, Problem{
			Saw: fmt.Sprintf("revision %d is %s: %s", e.release.Revision, e.release.Status, e.release.Description),
			Why: "the last deploy did not get where it should", Fix: "factory deploy",
		})
	}
	if len(e.missing) > 0 {
		problems = append(problems, Problem{
			Saw: "not in the cluster: " + strings.Join(e.missing, ", "),
			Why: "the release made them, and somebody deleted them since", Fix: "factory deploy",
		})
	}
	for _, state := range e.states {
		if state.Object.Kind.Group == "cert-manager.io" {
			continue // certificates has more to say
		}
		workloads++
		if state.Phase != rollout.Ready {
			waiting++
			problems = append(problems, e.troubles(ctx, state)...)
		}
	}
	switch {
	case waiting > 0:
		return failed(fmt.Sprintf("%d of %d not ready", waiting, workloads), problems...)
	case len(e.missing) > 0:
		return failed("objects of the release are gone", problems...)
	case len(problems) > 0:
		return failed("the last deploy failed", problems...)
	}
	return passed("%d of %d ready", workloads, workloads)
}

// troubles are the findings about an object, each with what the cluster answers about it.
func (e *examination) troubles(ctx context.Context, state rollout.State) []Problem {
	var problems []Problem
	for _, finding := range diagnose.Distinct(state.Findings) {
		if finding.Open() {
			finding = finding.With(diagnose.Ask(ctx, e.client, finding))
		}
		problems = append(problems, problemOf(finding))
	}
	if len(problems) == 0 {
		problems = append(problems, Problem{
			Saw: strings.TrimSpace(fmt.Sprintf("%s %s: %s", state.Object.Ref(), state.Count(), state.Message)),
			Why: "it is not ready, and nothing says what keeps it",
			Fix: fmt.Sprintf("kubectl -n %s describe %s", state.Object.Namespace, strings.Replace(state.Object.Ref(), "/", " ", 1)),
		})
	}
	return problems
}

// problemOf is a finding without what may be secret in it.
func problemOf(finding diagnose.Finding) Problem {
	var mask *diagnose.Mask
	finding = mask.Finding(finding)
	saw := finding.Object
	if finding.Container != "" {
		saw += ", container " + finding.Container
	}
	saw += ": " + finding.Reason
	if finding.Detail != "" {
		saw += ": " + finding.Detail
	}
	return Problem{Saw: saw, Why: finding.Cause, Fix: finding.Next}
}
