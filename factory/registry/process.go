package registry

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/helm-chart-factory/factory/factory/registry/state"
)

const logLimit = 8 << 20

// start runs o.Serve in a session of its own, with a log file for its output, and waits until it answers.
func start(ctx context.Context, o Options) (state.State, error) {
	logFile := filepath.Join(o.Dir, state.LogFile)
	if info, err := os.Stat(logFile); err == nil && info.Size() > logLimit {
		if err := os.Rename(logFile, logFile+".1"); err != nil {
			return state.State{}, err
		}
	}
	log, err := os.OpenFile(logFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return state.State{}, fmt.Errorf("opening the registry's log: %w", err)
	}
	defer log.Close()
	// On a full disk the registry ends at once, and its log cannot say why.
	if _, err := fmt.Fprintf(log, "%s starting on %s\n", time.Now().Format(time.RFC3339), address(o.Port)); err != nil {
		return state.State{}, fmt.Errorf("writing the registry's log: %w", err)
	}

	serve := exec.Command(o.Serve[0], o.Serve[1:]...)
	serve.Args[0] = "factory" // what a person sees in ps, wherever the program lies
	serve.Dir = "/"
	serve.Env = serveEnv(os.Environ())
	serve.Stdout, serve.Stderr = log, log
	serve.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := serve.Start(); err != nil {
		return state.State{}, fmt.Errorf("starting the registry: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- serve.Wait() }()

	limit := time.NewTimer(startLimit)
	defer limit.Stop()
	for {
		running, found, err := state.Read(o.Dir)
		if err == nil && found && running.PID == serve.Process.Pid && probe(ctx, o.Port).instance == running.Instance {
			return running, nil
		}
		select {
		case err := <-ended:
			return state.State{}, fmt.Errorf("the registry ended at once: %w\n%slog: %s", err, lastLines(logFile, 5), logFile)
		case <-limit.C:
			serve.Process.Kill()
			return state.State{}, fmt.Errorf("the registry did not answer on %s within %s\n%slog: %s",
				address(o.Port), startLimit, lastLines(logFile, 5), logFile)
		case <-ctx.Done():
			serve.Process.Kill()
			return state.State{}, ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// serveEnv leaves out what would change the library's configuration behind our back: it reads REGISTRY_… and OTEL_….
func serveEnv(environ []string) []string {
	var kept []string
	for _, variable := range environ {
		if !strings.HasPrefix(variable, "REGISTRY_") && !strings.HasPrefix(variable, "OTEL_") {
			kept = append(kept, variable)
		}
	}
	return kept
}

// end asks the process to leave, waits, and then makes it.
func end(ctx context.Context, running state.State) error {
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		if err := syscall.Kill(running.PID, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("stopping the registry (pid %d): %w", running.PID, err)
		}
		limit := time.Now().Add(endLimit)
		for time.Now().Before(limit) {
			if !running.Alive() {
				return nil
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(10 * time.Millisecond):
			}
		}
	}
	return fmt.Errorf("the registry (pid %d) does not end", running.PID)
}

// lastLines returns the end of a file, each line indented.
func lastLines(file string, count int) string {
	content, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	lines := bytes.Split(bytes.TrimSpace(content), []byte("\n"))
	lines = lines[max(0, len(lines)-count):]
	var out strings.Builder
	for _, line := range lines {
		fmt.Fprintf(&out, "  %s\n", line)
	}
	return out.String()
}
