package deploy

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/release"

	"github.com/helm-chart-factory/factory/factory/deploy/plan"
)

// NoRevisionError says that there is no such revision to go back to.
type NoRevisionError struct{ text string }

func (e *NoRevisionError) Error() string { return e.text }

// PreviewRollback says what Rollback would do now, and returns the revision that it would go back to. A revision of 0
// stands for the last one before the current that was deployed successfully. It writes nothing.
func PreviewRollback(ctx context.Context, opts Options, revision int) (*plan.Plan, int, error) {
	d := newDeployment(opts)
	past, err := d.past(ctx)
	if err != nil {
		return nil, 0, err
	}
	to, err := past.target(d.Name, d.Namespace, revision)
	if err != nil {
		return nil, 0, err
	}
	past.rollback, past.base = true, past.last
	p := newPreview(d, past, rolledBack(past.last, to))
	return p.plan, to.Version, p.run(ctx)
}

// Rollback makes a release what it was in an earlier revision, as a new revision, and returns when every object is ready.
// from is the current revision that the person saw in the plan: when it is another by now, nothing is done. It takes the
// release's lock, goes on from a cut-off deploy, and fails as Apply does.
func Rollback(ctx context.Context, opts Options, from, to int) (*Result, error) {
	d := newDeployment(opts)
	d.Cluster = d.Cluster.Outlast(ctx, d.Say)
	d.mask = d.newMask(ctx)
	result, err := d.goBack(ctx, from, to)
	if err != nil {
		err = d.Cluster.Judge(err)
		d.report(ctx, err)
	}
	return result, err
}

func (d *deployment) goBack(ctx context.Context, from, to int) (*Result, error) {
	held, lock, err := acquire(ctx, d.Cluster, d.Namespace, d.Name, d.deadline, d.Say)
	if err != nil {
		return nil, err
	}
	defer lock.release(ctx)
	if _, err := d.recover(held, lock); err != nil {
		return nil, err
	}
	config, err := d.configure(held)
	if err != nil {
		return nil, err
	}
	last, err := config.Releases.Last(d.Name)
	if err != nil {
		return nil, fmt.Errorf("reading the history of release %q: %w", d.Name, err)
	}
	if last.Version != from {
		return nil, fmt.Errorf("release %q is at revision %d by now, not %d: nothing was done\nnext: factory rollback   (shows the plan anew)", d.Name, last.Version, from)
	}
	d.Say("rolling back %s to revision %d", d.Name, to)
	if err := d.rollBack(held, config, to); err != nil {
		return nil, d.explain(held, err)
	}
	now, err := config.Releases.Last(d.Name)
	if err != nil {
		return nil, fmt.Errorf("reading the history of release %q: %w", d.Name, err)
	}
	return d.result(now, true)
}

func (d *deployment) rollBack(ctx context.Context, config *action.Configuration, to int) error {
	if err := d.keepVolumes(ctx, config, to); err != nil {
		return err
	}
	rollback := action.NewRollback(config)
	rollback.Version, rollback.Timeout, rollback.MaxHistory = to, d.Timeout, history
	rollback.Wait, rollback.WaitForJobs = true, true
	d.failure = nil
	failure := rollback.Run(d.Name)
	if failure == nil {
		return nil
	}
	if d.failure != nil {
		failure = d.failure
	}
	// Helm leaves the revision pending when a hook fails.
	last, err := config.Releases.Last(d.Name)
	if err == nil && last.Info.Status.IsPending() {
		last.Info.Status, last.Info.Description = release.StatusFailed, fmt.Sprintf("Rollback %q failed: %s", d.Name, failure)
		err = config.Releases.Update(last)
	}
	return errors.Join(failure, err)
}

// target finds the revision to go back to.
func (p *past) target(name, namespace string, revision int) (*release.Release, error) {
	if p.last == nil || p.install {
		return nil, &NoRevisionError{fmt.Sprintf("there is no release %s in namespace %s\nnext: factory deploy", name, namespace)}
	}
	if revision == 0 {
		for _, candidate := range slices.Backward(p.all) {
			if candidate.Version < p.last.Version && succeeded(candidate) {
				return candidate, nil
			}
		}
		return nil, &NoRevisionError{fmt.Sprintf("no revision before %d of release %s was deployed successfully\nnext: factory history", p.last.Version, name)}
	}
	i := slices.IndexFunc(p.all, func(candidate *release.Release) bool { return candidate.Version == revision })
	if i < 0 {
		return nil, &NoRevisionError{fmt.Sprintf("release %s has no revision %d: stored are %d to %d\nnext: factory history", name, revision, p.all[0].Version, p.last.Version)}
	}
	return p.all[i], nil
}

var failureDescription = regexp.MustCompile(`^(Release|Upgrade|Rollback) ".*" failed: `)

// succeeded tells whether a revision was deployed once. Helm calls a failed one superseded too, once a later one is deployed;
// its description still says how it went.
func succeeded(rel *release.Release) bool {
	switch rel.Info.Status {
	case release.StatusDeployed:
		return true
	case release.StatusSuperseded:
		return !failureDescription.MatchString(rel.Info.Description) && rel.Info.Description != cutOff
	}
	return false
}

// rolledBack is the release that Helm would store to go back.
func rolledBack(last, to *release.Release) *release.Release {
	info := *to.Info
	info.Status, info.Description = release.StatusPendingRollback, fmt.Sprintf("Rollback to %d", to.Version)
	info.LastDeployed.Time = time.Now()
	return &release.Release{
		Name: last.Name, Namespace: last.Namespace, Version: last.Version + 1, Info: &info, Labels: to.Labels,
		Chart: to.Chart, Config: to.Config, Manifest: to.Manifest, Hooks: to.Hooks,
	}
}
