// Package lifecycle starts and stops cluster instances from the outside.
package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/helm-chart-factory/factory/cluster/internal/instance"
	"github.com/helm-chart-factory/factory/cluster/internal/preflight"
	"github.com/helm-chart-factory/factory/cluster/internal/process"
	"github.com/helm-chart-factory/factory/cluster/internal/progress"
	"github.com/helm-chart-factory/factory/cluster/internal/supervisor"
)

// Start brings the instance up and returns when it is usable, or when ctx ends; then, and on failure, nothing of it runs.
// Progress is written to out, one line a step. An instance that runs already is left as it is.
func Start(ctx context.Context, inst instance.Instance, options instance.Options, out io.Writer) error {
	// Before the first file: where no node can run, nothing is left.
	if options.Node && !inst.IsRunning() {
		if err := preflight.UseSystemPath(); err != nil {
			return err
		}
		if err := preflight.Check().Error(); err != nil {
			return err
		}
	}
	release, err := takeTurn(ctx, inst, out)
	if err != nil {
		return err
	}
	defer release()
	existed := inst.Exists()
	record, err := inst.Load()
	if err != nil {
		return err
	}
	if inst.IsRunning() {
		return alreadyRunning(ctx, inst, record, options, out)
	}
	if existed && record.Options.Node != options.Node {
		return fmt.Errorf("cluster %q was made %s: remove it first (%s)", inst.Name, kind(record.Options.Node), inst.Command("stop --purge"))
	}
	// Whatever a supervisor that was killed could not remove.
	if err := sweep(inst); err != nil {
		return err
	}
	if err := inst.Create(); err != nil {
		return err
	}
	if record, err = inst.Load(); err != nil {
		return err
	}
	record.Options = options
	if err := inst.Save(record); err != nil {
		return err
	}
	if err := rotateLogs(inst); err != nil {
		return err
	}

	started := time.Now()
	err = launch(ctx, inst, func(event progress.Event) {
		elapsed := time.Since(started).Seconds()
		switch {
		case event.Step != "":
			fmt.Fprintf(out, "%6.1fs  %s\n", elapsed, event.Step)
		case event.Warning != "":
			fmt.Fprintf(out, "%6.1fs  warning: %s\n", elapsed, event.Warning)
		case event.Ready:
			fmt.Fprintf(out, "%6.1fs  cluster %q is ready: kubeconfig %s\n", elapsed, inst.Name, inst.Kubeconfig())
		}
	})
	if err == nil {
		return nil
	}
	err = errors.Join(err, end(inst), sweep(inst))
	if !existed {
		// The logs stay: the message points to them.
		err = errors.Join(err, purge(inst, "logs", "log"))
	}
	return err
}

// alreadyRunning waits for a supervisor whose own start command went away before it was ready.
func alreadyRunning(ctx context.Context, inst instance.Instance, record instance.Record, options instance.Options, out io.Writer) error {
	if record.Options.Node != options.Node {
		return fmt.Errorf("cluster %q runs already, %s: stop it first (%s)", inst.Name, kind(record.Options.Node), inst.Command("stop"))
	}
	for !record.Ready {
		select {
		case <-ctx.Done():
			return fmt.Errorf("cluster %q runs but is not ready: see %s, or stop it (%s)", inst.Name, inst.Path("logs"), inst.Command("stop"))
		case <-time.After(200 * time.Millisecond):
		}
		if !inst.IsRunning() {
			return fmt.Errorf("cluster %q ended while it was starting: see %s and start it again", inst.Name, inst.Log("supervisor"))
		}
		var err error
		if record, err = inst.Load(); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "cluster %q runs already: kubeconfig %s\n", inst.Name, inst.Kubeconfig())
	if record.Options != options && options.Node {
		fmt.Fprintf(out, "warning: it was started with other options; to change them: %s, then start\n", inst.Command("stop"))
	}
	for _, name := range record.LeftOut {
		if _, err := os.Stat(filepath.Join(record.Options.Images, name+".tar")); err == nil {
			fmt.Fprintf(out, "warning: the add-on %s was left out and has an image now; to get it: %s, then start\n", name, inst.Command("stop"))
		}
	}
	return nil
}

func kind(node bool) string {
	if node {
		return "with a node"
	}
	return "without a node"
}

// launch runs the supervisor in a session of its own and follows its events until one is final.
func launch(ctx context.Context, inst instance.Instance, handle func(progress.Event)) error {
	reader, writer, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("making a pipe for the supervisor: %w", err)
	}
	defer reader.Close()
	log, err := os.OpenFile(inst.Log("supervisor"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		writer.Close()
		return fmt.Errorf("opening the supervisor's log: %w", err)
	}
	defer log.Close()
	command := exec.Command(process.Self, supervisor.Command, inst.Name, inst.Dir)
	command.Args[0] = "factory-cluster"
	command.Dir = inst.Dir
	command.Stdout, command.Stderr = log, log
	command.ExtraFiles = []*os.File{writer}
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	err = command.Start()
	writer.Close()
	if err != nil {
		return fmt.Errorf("starting the supervisor: %w", err)
	}
	// Reaped when it ends before this command does.
	go command.Wait()

	result := make(chan error, 1)
	go func() {
		var failure *progress.Failure
		final := progress.Read(reader, func(event progress.Event) {
			if event.Failure != nil {
				failure = event.Failure
				return
			}
			handle(event)
		})
		switch {
		case failure != nil:
			result <- explain(inst, failure)
		case !final:
			result <- explain(inst, &progress.Failure{
				Component: "supervisor", Cause: "it ended without a word",
				Log: inst.Log("supervisor"), Lines: process.Tail(inst.Log("supervisor"), 15),
			})
		default:
			result <- nil
		}
	}()
	select {
	case err := <-result:
		return err
	case <-ctx.Done():
		// Asked to end, it says what it was waiting for.
		command.Process.Signal(syscall.SIGTERM)
		select {
		case err = <-result:
		case <-time.After(20 * time.Second):
		}
		cause := context.Cause(ctx)
		if errors.Is(cause, context.DeadlineExceeded) {
			return fmt.Errorf("cluster %q was not ready in time: give it more with --timeout, or find out why:\n%w", inst.Name, err)
		}
		return cause
	}
}

// explain makes the message for a person: which component, why, its last words, and what to do.
func explain(inst instance.Instance, failure *progress.Failure) error {
	var text strings.Builder
	fmt.Fprintf(&text, "starting cluster %q: ", inst.Name)
	if failure.Component != "" {
		fmt.Fprintf(&text, "%s: ", failure.Component)
	}
	text.WriteString(failure.Cause)
	if len(failure.Lines) > 0 {
		text.WriteString("\nits last lines:")
		for _, line := range failure.Lines {
			text.WriteString("\n    " + line)
		}
	}
	if failure.Log != "" {
		text.WriteString("\nnext: read " + failure.Log + " and start again")
	} else {
		text.WriteString("\nnext: read the logs in " + inst.Path("logs") + ", and see what this machine allows: factory-cluster check")
	}
	return errors.New(text.String())
}

// rotateLogs keeps the logs of the last run beside those of the new one.
func rotateLogs(inst instance.Instance) error {
	entries, err := os.ReadDir(inst.Path("logs"))
	if err != nil {
		return fmt.Errorf("reading the log directory: %w", err)
	}
	for _, entry := range entries {
		if name := entry.Name(); strings.HasSuffix(name, ".log") {
			if err := os.Rename(inst.Path("logs", name), inst.Path("logs", name+".1")); err != nil {
				return fmt.Errorf("setting aside the last run's log: %w", err)
			}
		}
	}
	return nil
}
