package rollout

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/helm-chart-factory/factory/factory/deploy/diagnose"
	"github.com/helm-chart-factory/factory/factory/kube"
)

// Options says what to wait for and how.
type Options struct {
	Cluster *kube.Cluster
	Objects []Object
	Timeout time.Duration
	// Allowed is what everything together may take, which is what messages name: Timeout is what is left of it. 0 is Timeout.
	Allowed time.Duration
	// Show is given the states at each change, and at least once a second. It may be nil.
	Show func([]State)
	// Mask hides secrets in all that is found. It is asked for once there is something to hide them in; it may be nil.
	Mask func() *diagnose.Mask
}

// NotReadyError says which objects did not get ready and what was found about them, logs included.
type NotReadyError struct {
	// Why is what ended the waiting: "not ready after 10m0s", "will not get ready".
	Why      string
	States   []State
	Findings []diagnose.Finding
}

func (e *NotReadyError) Error() string {
	if len(e.Findings) > 0 {
		return e.Why + ": " + e.Findings[0].Summary()
	}
	for _, state := range e.States {
		if state.Phase != Ready {
			return fmt.Sprintf("%s: %s: %s", e.Why, state.Object.Ref(), state.Message)
		}
	}
	return e.Why
}

// Report writes the evidence, object by object, with the last lines of each log, as many as asked for.
func (e *NotReadyError) Report(w io.Writer, logLines int) {
	found := map[string]bool{}
	for _, finding := range e.Findings {
		finding.Write(w, logLines)
		found[finding.Object] = true
	}
	for _, state := range e.States {
		if state.Phase != Ready && !found[state.Object.Ref()] {
			fmt.Fprintf(w, "\n%s\n  state   %s\n          %s\n", state.Object.Ref(), state.Phase, state.Message)
		}
	}
}

// Wait returns nil when every object is ready, a *NotReadyError when that does not happen within the timeout or cannot
// happen any more, and ctx' error when it is cancelled.
func Wait(ctx context.Context, opts Options) error {
	if len(opts.Objects) == 0 {
		return ctx.Err()
	}
	watching, stop := context.WithCancel(ctx)
	limited, cancel := context.WithTimeout(watching, opts.Timeout)
	defer cancel()
	defer stop()
	v, err := watchObjects(limited, opts.Cluster, opts.Objects)
	if err != nil {
		if ctx.Err() == nil && limited.Err() != nil {
			return fmt.Errorf("%s did not show its objects within %s", opts.Cluster.Server, opts.Timeout.Round(time.Second))
		}
		return err
	}
	client, err := opts.Cluster.Client()
	if err != nil {
		return err
	}
	v.asking, v.mask = newAsking(watching, client, v.tell), opts.Mask
	defer v.asking.wait()
	defer stop()
	seen := map[Object][]diagnose.Finding{}
	patience := patience{since: map[string]time.Time{}}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		if err := v.denied.fatal(); err != nil {
			return err
		}
		states := v.states(opts.Objects)
		remember(seen, states)
		if opts.Show != nil {
			opts.Show(states)
		}
		if AllReady(states) {
			return nil
		}
		if hopeless := patience.exhausted(states, time.Now()); len(hopeless) > 0 {
			return v.notReady(ctx, hopelessly(states), states, hopeless)
		}
		select {
		case <-limited.Done():
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return v.notReady(ctx, fmt.Sprintf("not ready after %s", cmp.Or(opts.Allowed, opts.Timeout).Round(time.Second)), states, nil)
		case <-v.changed:
			v.settle(limited)
		case <-tick.C:
		}
	}
}

// hopelessly says what it means that waiting is pointless: hooks are waited for by themselves.
func hopelessly(states []State) string {
	if hook := states[0].Object.Hook; hook != "" {
		return "the " + hook + " hook failed"
	}
	return "will not get ready"
}

// Look returns the states of the objects at this moment.
func Look(ctx context.Context, cluster *kube.Cluster, objects []Object) ([]State, error) {
	watching, stop := context.WithCancel(ctx)
	defer stop()
	v, err := watchObjects(watching, cluster, objects)
	if err != nil {
		return nil, err
	}
	return v.states(objects), nil
}

// remember keeps what was found about an object that failed after its pods are gone: a Job past its deadline loses them.
func remember(seen map[Object][]diagnose.Finding, states []State) {
	for i, state := range states {
		switch {
		case len(state.Findings) > 0:
			seen[state.Object] = state.Findings
		case state.Phase == Failed:
			states[i].Findings = seen[state.Object]
		}
	}
}

// AllReady tells whether every object is ready.
func AllReady(states []State) bool {
	for _, state := range states {
		if state.Phase != Ready {
			return false
		}
	}
	return true
}

// patience measures how long each trouble has lasted without a break.
type patience struct{ since map[string]time.Time }

// exhausted returns the troubles that last longer than it is worth waiting for, failures for good among them.
func (p *patience) exhausted(states []State, now time.Time) (hopeless []string) {
	lasting := map[string]time.Time{}
	for _, state := range states {
		troubles := map[string]time.Duration{}
		for _, finding := range state.Findings {
			troubles[finding.Key()] = finding.Patience
		}
		if state.Phase == Failed {
			troubles[state.Object.Ref()+" failed"] = failurePatience(state.Object)
		}
		for key, limit := range troubles {
			start, there := p.since[key]
			if !there {
				start = now
			}
			lasting[key] = start
			if limit > 0 && now.Sub(start) >= limit-time.Nanosecond {
				hopeless = append(hopeless, key)
			}
		}
	}
	p.since = lasting
	return hopeless
}

// failurePatience lets a Deployment past its progress deadline recover, since what was missing then, such as an image, may
// be there now. A Job that failed stays failed.
func failurePatience(object Object) time.Duration {
	if object.Kind.Kind == "Deployment" {
		return time.Minute
	}
	return time.Nanosecond
}

// notReady collects the evidence, that of the hopeless troubles first.
func (v *view) notReady(ctx context.Context, why string, states []State, hopeless []string) error {
	var findings []diagnose.Finding
	for _, state := range states {
		findings = append(findings, state.Findings...)
	}
	findings = v.asking.now(ctx, diagnose.Distinct(findings))
	rank := func(f diagnose.Finding) int {
		if slices.Contains(hopeless, f.Key()) {
			return 0
		}
		return 1
	}
	for i := range findings {
		findings[i] = v.masked().Finding(findings[i])
	}
	slices.SortStableFunc(findings, func(a, b diagnose.Finding) int { return cmp.Compare(rank(a), rank(b)) })
	return &NotReadyError{Why: why, States: states, Findings: findings}
}
