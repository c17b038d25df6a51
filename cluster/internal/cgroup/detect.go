// Package cgroup finds, makes and removes control groups, on machines with version 1, version 2 or both.
package cgroup

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"
)

// Hierarchies are the mounted control group hierarchies.
type Hierarchies struct {
	V2          string   // mount point of a version 2 hierarchy, or empty
	V1          []string // mount points of version 1 hierarchies
	controllers map[string]string
}

// Unified tells whether the machine uses version 2 alone.
func (h Hierarchies) Unified() bool { return h.V2 != "" && len(h.V1) == 0 }

// Version names what is there, for people.
func (h Hierarchies) Version() string {
	switch {
	case h.Unified():
		return "v2"
	case h.V2 != "":
		return "v1 hybrid"
	case len(h.V1) > 0:
		return "v1"
	default:
		return "none"
	}
}

// All lists every mount point.
func (h Hierarchies) All() []string {
	if h.V2 == "" {
		return h.V1
	}
	return append([]string{h.V2}, h.V1...)
}

// needed are the controllers that the kubelet and runc cannot do without.
var needed = [...]string{"cpu", "cpuacct", "cpuset", "memory", "pids"}

// Missing lists the controllers that the kubelet needs and the machine does not offer.
func (h Hierarchies) Missing() ([]string, error) {
	have := h.controllers
	if h.Unified() {
		data, err := os.ReadFile(h.V2 + "/cgroup.controllers")
		if err != nil {
			return nil, fmt.Errorf("reading the cgroup controllers: %w", err)
		}
		// cpuacct is part of every version 2 group.
		have = map[string]string{"cpuacct": h.V2}
		for _, name := range strings.Fields(string(data)) {
			have[name] = h.V2
		}
	}
	var missing []string
	for _, name := range needed {
		if have[name] == "" {
			missing = append(missing, name)
		}
	}
	return missing, nil
}

// Detect reads the hierarchies from the process's own mounts.
func Detect() (Hierarchies, error) {
	file, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return Hierarchies{}, fmt.Errorf("reading the mounts: %w", err)
	}
	defer file.Close()
	return parse(file)
}

const root = "/sys/fs/cgroup"

// parse reads mountinfo: "… mount-point options [optional fields] - type source super-options". Only what lies below
// /sys/fs/cgroup counts: other mounts of the same hierarchies belong to somebody's container.
func parse(mountinfo io.Reader) (Hierarchies, error) {
	h := Hierarchies{controllers: map[string]string{}}
	seen := map[string]bool{}
	scanner := bufio.NewScanner(mountinfo)
	for scanner.Scan() {
		before, after, ok := strings.Cut(scanner.Text(), " - ")
		left, right := strings.Fields(before), strings.Fields(after)
		if !ok || len(left) < 5 || len(right) < 3 {
			continue
		}
		point := left[4]
		if (point != root && !strings.HasPrefix(point, root+"/")) || seen[point] {
			continue
		}
		switch right[0] {
		case "cgroup2":
			h.V2 = point
		case "cgroup":
			h.V1 = append(h.V1, point)
			for _, option := range strings.Split(right[2], ",") {
				h.controllers[option] = point
			}
		default:
			continue
		}
		seen[point] = true
	}
	if err := scanner.Err(); err != nil {
		return h, fmt.Errorf("reading the mounts: %w", err)
	}
	return h, nil
}
