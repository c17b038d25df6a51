package state

import (
	"bytes"
	"fmt"
	"os"
	"strings"
)

// Process names one process for good. A pid alone is used again by the system; together with the boot and the start
// time it is not.
type Process struct {
	PID   int    `json:"pid"`
	Start string `json:"start"` // clock ticks since boot, from /proc/PID/stat
	Boot  string `json:"boot"`  // the kernel's random id of this boot
}

// Identify describes the live process pid. Start and Boot stay empty on a system without /proc.
func Identify(pid int) (Process, error) {
	p := Process{PID: pid}
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return p, nil
	}
	p.Boot = strings.TrimSpace(string(boot))
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return p, err
	}
	// The second field is the command's name in parentheses, which may hold spaces and parentheses of its own.
	after := stat[bytes.LastIndexByte(stat, ')')+1:]
	const startTime = 22 - 3 // field 22 of proc(5), counted from the field behind the name
	fields := bytes.Fields(after)
	if len(fields) <= startTime {
		return p, fmt.Errorf("/proc/%d/stat has %d fields", pid, len(fields))
	}
	if state := string(fields[0]); state == "Z" || state == "X" {
		return p, fmt.Errorf("process %d has ended", pid)
	}
	p.Start = string(fields[startTime])
	return p, nil
}

// Alive reports whether this very process still runs.
func (p Process) Alive() bool {
	if p.PID <= 0 {
		return false
	}
	now, err := Identify(p.PID)
	return err == nil && now == p
}
