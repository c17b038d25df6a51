package engine

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// descendants are the processes below one, each by its id and the time of its start, which no later process with the same id
// has. The container of a RUN line is among them although it leads a session of its own, out of reach of a signal to the
// engine's group; once its parent is gone nothing tells any more whose it was, so it has to be seen before.
type descendants struct {
	of   int
	seen map[process]bool
}

type process struct {
	id    int
	start string // in clock ticks since boot, as /proc says it
}

func newDescendants(of int) *descendants {
	return &descendants{of: of, seen: map[process]bool{}}
}

// look adds who is below now.
func (d *descendants) look() {
	running := map[int]process{}
	parents := map[int]int{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		if p, parent, ok := readStat(path); ok {
			running[p.id], parents[p.id] = p, parent
		}
	}
	below := func(id int) bool {
		for range len(running) { // a process that goes while this looks could close a circle
			parent, ok := parents[id]
			switch {
			case !ok:
				return false
			case parent == d.of, d.seen[running[parent]]:
				return true
			}
			id = parent
		}
		return false
	}
	for id, p := range running {
		if below(id) {
			d.seen[p] = true
		}
	}
}

// kill ends all that were seen and still run. A container's first process takes the rest of the container along.
func (d *descendants) kill() {
	for p := range d.seen {
		now, _, ok := readStat(filepath.Join("/proc", strconv.Itoa(p.id), "stat"))
		if ok && now == p {
			// One that ends by itself in this moment is gone as well.
			_ = syscall.Kill(p.id, syscall.SIGKILL)
		}
	}
}

// readStat reads id, start and parent of a process from its /proc/ID/stat (proc_pid_stat(5)). One that has ended, and waits
// for its parent to hear of it, is none.
func readStat(path string) (p process, parent int, ok bool) {
	content, err := os.ReadFile(path)
	if err != nil {
		return process{}, 0, false
	}
	// The name in brackets may hold blanks and brackets; what follows the last one does not.
	open, end := bytes.IndexByte(content, '('), bytes.LastIndexByte(content, ')')
	if open < 0 || end < 0 {
		return process{}, 0, false
	}
	fields := bytes.Fields(content[end+1:])
	const state, parentID, startTime = 0, 1, 19
	if len(fields) <= startTime || fields[state][0] == 'Z' || fields[state][0] == 'X' {
		return process{}, 0, false
	}
	p.id, err = strconv.Atoi(string(bytes.TrimSpace(content[:open])))
	if err != nil {
		return process{}, 0, false
	}
	p.start = string(fields[startTime])
	parent, err = strconv.Atoi(string(fields[parentID]))
	return p, parent, err == nil
}
