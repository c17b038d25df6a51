package deploy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/release"
)

// UndoneError is a deploy that failed and was rolled back.
type UndoneError struct {
	// Err is what the deploy failed with.
	Err error
	// To is the revision that runs again; 0 when the failed one was the first, and was removed.
	To int
}

func (e *UndoneError) Error() string {
	if e.To == 0 {
		return e.Err.Error() + "\nit was the first revision: removed again; volumes and generated Secrets stay"
	}
	return fmt.Sprintf("%s\nrolled back: revision %d runs again", e.Err, e.To)
}

func (e *UndoneError) Unwrap() error { return e.Err }

// undo brings back the last revision that was deployed, or removes the first one, after a failure that wrote a revision.
func (d *deployment) undo(ctx context.Context, failure error) error {
	d.deadline = time.Now().Add(d.Timeout)
	config, err := d.configure(ctx)
	if err != nil {
		return errors.Join(failure, err)
	}
	last, err := config.Releases.Last(d.Name)
	if err != nil || last.Info.Status == release.StatusDeployed {
		return failure // nothing was written
	}
	to := 0
	if good, err := config.Releases.Deployed(d.Name); err == nil {
		to = good.Version
	}
	if err := d.undoTo(ctx, config, to); err != nil {
		return errors.Join(failure, fmt.Errorf("rolling back: %w", err))
	}
	return &UndoneError{Err: failure, To: to}
}

func (d *deployment) undoTo(ctx context.Context, config *action.Configuration, to int) error {
	if to == 0 {
		d.Say("removing what the first revision left")
		uninstall := action.NewUninstall(config)
		uninstall.Timeout, uninstall.Wait, uninstall.DeletionPropagation = d.Timeout, true, "foreground"
		_, err := uninstall.Run(d.Name)
		return err
	}
	d.Say("rolling back to revision %d", to)
	return d.rollBack(ctx, config, to)
}
