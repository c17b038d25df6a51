package k3s

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Started is a k3s service that runs.
type Started struct {
	Service string
	At      time.Time
}

// Started returns the k3s services of the machine that run, and since when.
func (h Host) Started(ctx context.Context) ([]Started, error) {
	var all []Started
	for _, service := range services() {
		pid := h.mainProcess(ctx, service)
		if pid == "" || pid == "0" {
			continue
		}
		at, err := h.processStart(pid)
		if err != nil {
			return nil, fmt.Errorf("looking since when %s runs: %w", service, err)
		}
		all = append(all, Started{Service: service, At: at})
	}
	return all, nil
}

// mainProcess is the pid of a service as text; empty where it does not run.
func (h Host) mainProcess(ctx context.Context, service string) string {
	switch {
	case h.has(unit(service)):
		pid, err := h.run(ctx, []string{"systemctl", "show", "--property", "MainPID", "--value", service})
		if err == nil {
			return pid
		}
	case h.has(script(service)):
		if pid, err := os.ReadFile(h.path("/run/" + service + ".pid")); err == nil {
			return strings.TrimSpace(string(pid))
		}
	}
	return ""
}

// processStart reads when a process began, as proc(5) tells it: ticks after the boot, which is in seconds since 1970.
func (h Host) processStart(pid string) (time.Time, error) {
	const ticksPerSecond = 100 // USER_HZ, the same on every Linux
	const startTime = 22 - 3   // field 22, counted from the field behind the command's name in parentheses
	stat, err := os.ReadFile(h.path("/proc/" + pid + "/stat"))
	if err != nil {
		return time.Time{}, err
	}
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) <= startTime {
		return time.Time{}, fmt.Errorf("/proc/%s/stat has %d fields", pid, len(fields))
	}
	ticks, err := strconv.ParseInt(string(fields[startTime]), 10, 64)
	if err != nil {
		return time.Time{}, err
	}
	system, err := os.ReadFile(h.path("/proc/stat"))
	if err != nil {
		return time.Time{}, err
	}
	for line := range strings.Lines(string(system)) {
		if text, ok := strings.CutPrefix(line, "btime "); ok {
			boot, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
			return time.Unix(boot, 0).Add(time.Duration(ticks) * time.Second / ticksPerSecond), err
		}
	}
	return time.Time{}, fmt.Errorf("/proc/stat does not tell when the machine booted")
}

func (h Host) path(path string) string { return filepath.Join("/", h.Root, path) }
