// Package supervisor is the one process that holds a cluster instance: it starts everything, in order, keeps it running
// and takes it along when it ends.
package supervisor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/helm-chart-factory/factory/cluster/internal/apply"
	"github.com/helm-chart-factory/factory/cluster/internal/instance"
	"github.com/helm-chart-factory/factory/cluster/internal/process"
	"github.com/helm-chart-factory/factory/cluster/internal/progress"
)

// Command is the hidden first argument under which the binary is a supervisor; name and state directory follow.
const Command = "supervise"

// Main is the supervisor's process. Progress goes to file descriptor 3, notes to stderr, which is its log.
func Main(args []string) int {
	if len(args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: supervise NAME STATE-DIRECTORY")
		return 2
	}
	inst := instance.Instance{Name: args[0], Dir: args[1]}
	events := os.NewFile(3, "events")
	syscall.CloseOnExec(3)
	report := progress.NewReporter(events)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()

	err := run(ctx, inst, events, hangUps(), report)
	if err != nil {
		failure := describe(inst, err)
		fmt.Fprintln(os.Stderr, failure.Cause)
		report.Send(progress.Event{Failure: failure})
		return 1
	}
	return 0
}

func run(ctx context.Context, inst instance.Instance, events *os.File, hangups <-chan os.Signal, report *progress.Reporter) error {
	release, err := inst.Acquire(instance.Running)
	if err != nil {
		return fmt.Errorf("cluster %q already has a supervisor: %w", inst.Name, err)
	}
	defer release()
	record, err := inst.Load()
	if err != nil {
		return err
	}
	record.PID = os.Getpid()
	record.Ready = false
	record.NodePID = 0
	if record.Options.Node {
		err = runHost(ctx, inst, record, events, hangups, report)
	} else {
		err = runAlone(ctx, inst, record, report)
	}
	return errors.Join(err, markStopped(inst))
}

// hangUps receives SIGHUP, one at a time, from now on: it asks for something later, and must not end the process before.
// It is handled, not ignored, because containers would inherit that.
func hangUps() <-chan os.Signal {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGHUP)
	return signals
}

// markStopped keeps what a later start needs (port, addresses) and drops what ended with the processes.
func markStopped(inst instance.Instance) error {
	record, err := inst.Load()
	if err != nil {
		return err
	}
	record.PID, record.NodePID, record.Ready, record.Ingress, record.Controllers = 0, 0, false, "", nil
	return inst.Save(record)
}

// describe turns an error into what a person needs: the component, why, and its last words.
func describe(inst instance.Instance, err error) *progress.Failure {
	failure := &progress.Failure{Cause: err.Error()}
	var exit *process.Exit
	var unready *apply.Unready
	switch {
	case errors.As(err, &exit):
		failure.Component = exit.Name
		failure.Log = exit.Log
	case errors.As(err, &unready):
		failure.Component = unready.Pod
		failure.Log = podLog(inst, unready.Namespace, unready.Pod)
	}
	failure.Lines = process.Tail(failure.Log, 15)
	return failure
}

// podLog finds the newest log of a pod's containers, if any has started.
func podLog(inst instance.Instance, namespace, pod string) string {
	// NAMESPACE_POD_UID/CONTAINER/RESTART.log
	logs, err := filepath.Glob(inst.Path("log", "pods", namespace+"_"+pod+"_*", "*", "*.log"))
	if err != nil || len(logs) == 0 {
		return ""
	}
	return slices.MaxFunc(logs, func(a, b string) int { return modified(a).Compare(modified(b)) })
}

func modified(path string) time.Time {
	info, err := os.Stat(path)
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}
