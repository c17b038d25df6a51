package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"syscall"
	"time"

	"github.com/helm-chart-factory/factory/cluster/internal/instance"
)

// Stop ends everything that runs for the instance, and with remove also what it keeps.
func Stop(ctx context.Context, inst instance.Instance, remove bool, out io.Writer) error {
	if _, err := os.Stat(inst.Dir); errors.Is(err, fs.ErrNotExist) {
		fmt.Fprintf(out, "cluster %q does not exist: nothing to stop\n", inst.Name)
		return nil
	}
	release, err := takeTurn(ctx, inst, out)
	if err != nil {
		return err
	}
	defer release()
	wasRunning := inst.IsRunning()
	if err := errors.Join(end(inst), sweep(inst)); err != nil {
		return err
	}
	if remove {
		if err := purge(inst); err != nil {
			return err
		}
	}
	switch {
	case remove:
		fmt.Fprintf(out, "cluster %q is stopped and removed\n", inst.Name)
	case wasRunning:
		fmt.Fprintf(out, "cluster %q is stopped; its state is kept in %s\n", inst.Name, inst.Dir)
	default:
		fmt.Fprintf(out, "cluster %q was not running\n", inst.Name)
	}
	return nil
}

// end asks the supervisor to end and, when it does not, ends it; its children go with it.
func end(inst instance.Instance) error {
	record, err := inst.Load()
	if err != nil {
		return err
	}
	// The lock proves that the number is still the supervisor's: it is written after the lock is taken.
	for attempt := 0; inst.IsRunning(); attempt++ {
		if record.PID > 0 {
			signal := syscall.SIGTERM
			if attempt >= 300 {
				signal = syscall.SIGKILL
			}
			if attempt == 0 || attempt == 300 {
				syscall.Kill(record.PID, signal)
			}
		}
		if attempt > 400 {
			return fmt.Errorf("the supervisor of cluster %q (process %d) does not end", inst.Name, record.PID)
		}
		time.Sleep(100 * time.Millisecond)
		if record.PID == 0 {
			if record, err = inst.Load(); err != nil {
				return err
			}
			attempt = 0
		}
	}
	return nil
}

// purge removes what the instance keeps, except the named entries.
func purge(inst instance.Instance, except ...string) error {
	entries, err := os.ReadDir(inst.Dir)
	if err != nil {
		return fmt.Errorf("removing state directory %q: %w", inst.Dir, err)
	}
	kept := false
	for _, entry := range entries {
		if slices.Contains(except, entry.Name()) {
			kept = true
			continue
		}
		if err := os.RemoveAll(inst.Path(entry.Name())); err != nil {
			return fmt.Errorf("removing state directory %q: %w", inst.Dir, err)
		}
	}
	if kept {
		return nil
	}
	if err := os.Remove(inst.Dir); err != nil {
		return fmt.Errorf("removing state directory %q: %w", inst.Dir, err)
	}
	return nil
}
