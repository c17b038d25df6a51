package deploy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/release"
	"helm.sh/helm/v3/pkg/storage/driver"
)

// Whether a process still runs that takes no lease, such as the helm command, cannot be seen; after this long it does not.
const foreignPending = 15 * time.Minute

// cutOff is the description of a revision that a killed process left behind.
const cutOff = "cut off before it was done; found by a later deploy"

// PendingError says that something else is changing the release, as far as can be seen.
type PendingError struct {
	Release  string
	Revision int
	Status   string
	Since    time.Time
	// By is who began it, as far as is known.
	By string
}

func (e *PendingError) Error() string {
	return fmt.Sprintf("release %q revision %d is %s since %s, by %s\n"+
		"next: let it finish. If it was killed: helm rollback %s, or run this again after %s, when it counts as dead",
		e.Release, e.Revision, e.Status, e.Since.Local().Format("15:04:05"), e.By, e.Release,
		e.Since.Add(foreignPending).Local().Format("15:04:05"))
}

// recover brings the history into a state that Helm goes on from, and tells whether to install or to upgrade.
// The lock is held: no other factory is at work on the release.
func (d *deployment) recover(ctx context.Context, held *lock) (install bool, err error) {
	config, err := configure(ctx, d.Cluster, d.Namespace, d.wait)
	if err != nil {
		return false, err
	}
	last, err := config.Releases.Last(d.Name)
	switch {
	case errors.Is(err, driver.ErrReleaseNotFound):
		return true, nil
	case err != nil:
		return false, fmt.Errorf("reading the history of release %q: %w", d.Name, err)
	case last.Info.Status == release.StatusUninstalled:
		return true, nil
	case last.Info.Status == release.StatusUninstalling:
		d.Say("finishing the removal of %s that was cut off", d.Name)
		return true, d.finishUninstall(config)
	case !last.Info.Status.IsPending():
		return false, nil
	}
	by, signed := signedBy(last)
	// factory holds a lease while it writes. Who holds it now knows that nobody else of its kind is at work.
	abandoned := held != nil && (signed || held.takenFrom != "")
	if !signed {
		by = By{Tool: "a tool that is not factory, probably helm"}
	}
	if !abandoned && time.Since(last.Info.LastDeployed.Time) < foreignPending {
		return false, &PendingError{Release: d.Name, Revision: last.Version, Status: last.Info.Status.String(), Since: last.Info.LastDeployed.Time, By: by.String()}
	}
	d.Say("revision %d is %s since %s, left so by %s, who is not at work on it any more: going on from there",
		last.Version, last.Info.Status, last.Info.LastDeployed.Local().Format("15:04:05"), by)
	last.Info.Status = release.StatusFailed
	last.Info.Description = cutOff
	if err := config.Releases.Update(last); err != nil {
		return false, fmt.Errorf("marking revision %d of release %q as failed: %w", last.Version, d.Name, err)
	}
	return false, nil
}

func (d *deployment) finishUninstall(config *action.Configuration) error {
	uninstall := action.NewUninstall(config)
	uninstall.Timeout, uninstall.Wait, uninstall.DisableHooks = d.Timeout, true, true
	if _, err := uninstall.Run(d.Name); err != nil {
		return fmt.Errorf("removing release %q: %w", d.Name, err)
	}
	return nil
}
