package test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

func kill(t *testing.T, pid int) {
	t.Helper()
	if pid <= 1 {
		t.Fatalf("no process to kill: %d", pid)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

// processes returns the command lines that name dir, by process number.
func processes(t *testing.T, dir string) map[int]string {
	t.Helper()
	paths, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	found := map[int]string{}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(data), dir) {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil {
			t.Fatal(err)
		}
		found[pid] = strings.ReplaceAll(string(data), "\x00", " ")
	}
	return found
}

// running complains about processes of the instance in dir.
func running(t *testing.T, dir string) string {
	t.Helper()
	var left []string
	for _, command := range processes(t, dir) {
		left = append(left, command)
	}
	if len(left) == 0 {
		return ""
	}
	return "still running:\n" + strings.Join(left, "\n")
}

// processOf returns the process number of a component, or 0.
func processOf(t *testing.T, dir, component string) int {
	t.Helper()
	for pid, command := range processes(t, dir) {
		if fields := strings.Fields(command); len(fields) > 1 && fields[1] == component {
			return pid
		}
	}
	return 0
}
