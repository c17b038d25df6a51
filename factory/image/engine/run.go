package engine

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// grace is what an engine gets to clean up after it was asked to end.
const grace = 10 * time.Second

// run runs the engine in a process group of its own. When ctx ends the whole group is asked to end, and killed after a
// grace period, so that nothing of a build survives an interrupt.
func (e Engine) run(ctx context.Context, out, complaints io.Writer, args ...string) error {
	command := exec.Command(e.Name, args...)
	command.Env = append(os.Environ(), e.env...)
	command.Stdout, command.Stderr = out, complaints
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := command.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	group := -command.Process.Pid
	asked := syscall.Kill(group, syscall.SIGTERM)
	select {
	case <-ended:
	case <-time.After(grace):
	}
	killed := syscall.Kill(group, syscall.SIGKILL) // whoever of the group is left
	return errors.Join(ctx.Err(), ignoreGone(asked), ignoreGone(killed))
}

func ignoreGone(err error) error {
	if errors.Is(err, syscall.ESRCH) {
		return nil
	}
	return err
}
