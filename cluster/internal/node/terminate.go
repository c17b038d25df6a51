package node

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Terminate asks the containers' first processes to end and returns when they have, or after grace: a database then has
// closed its files, and needs no recovery at the next start.
func Terminate(processes func() []int, grace time.Duration) {
	deadline := time.Now().Add(grace)
	for _, pid := range firstProcesses(processes()) {
		unix.Kill(pid, unix.SIGTERM)
	}
	for time.Now().Before(deadline) && len(processes()) > 0 {
		time.Sleep(50 * time.Millisecond)
	}
}

// firstProcesses picks those that are number 1 of a PID namespace below this process's own.
func firstProcesses(pids []int) []int {
	var first []int
	for _, pid := range pids {
		data, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
		if err != nil {
			continue
		}
		for _, line := range strings.Split(string(data), "\n") {
			if numbers, ok := strings.CutPrefix(line, "NSpid:"); ok {
				fields := strings.Fields(numbers)
				if len(fields) > 1 && fields[len(fields)-1] == "1" {
					first = append(first, pid)
				}
			}
		}
	}
	return first
}
