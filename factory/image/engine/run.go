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

// run runs the engine in a process group of its own. When ctx ends the engine is asked to end, and given a grace period
// in which it stops the container of a RUN line and removes it; then what is left of its group and of all that it started
// is killed, so that nothing of a build survives an interrupt. Buildah, asked while a container is starting, removes the
// container's files and forgets its process.
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
	started := newDescendants(command.Process.Pid)
	started.look()
	asked := command.Process.Signal(syscall.SIGTERM)
	if errors.Is(asked, os.ErrProcessDone) {
		asked = nil
	}
	waitLooking(started, ended)
	started.kill()
	killed := syscall.Kill(-command.Process.Pid, syscall.SIGKILL) // whoever of the group is left
	if errors.Is(killed, syscall.ESRCH) {
		killed = nil
	}
	return errors.Join(ctx.Err(), asked, killed)
}

// waitLooking waits until the engine has ended, at most for the grace period, and sees what it starts in the meantime.
func waitLooking(started *descendants, ended <-chan error) {
	limit := time.NewTimer(grace)
	defer limit.Stop()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for {
		select {
		case <-ended:
			return
		case <-limit.C:
			return
		case <-look.C:
			started.look()
		}
	}
}
