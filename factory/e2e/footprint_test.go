//go:build e2e

package e2e

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// footprint lists what a stack could leave behind on its machine: processes of its programs, mounts, control groups,
// firewall rules, and its lines in /etc/hosts.
func footprint(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{
		"mounts":    linesWith(t, "/proc/self/mounts", instance),
		"hosts":     linesWith(t, "/etc/hosts", "# factory up "+instance),
		"cgroups":   controlGroups(t),
		"processes": processes(t),
	}
	rules, err := exec.Command("iptables-save").Output()
	if err != nil {
		t.Fatalf("iptables-save: %v", err)
	}
	for line := range strings.Lines(string(rules)) {
		if strings.HasPrefix(line, "-A") {
			found["rules"] = append(found["rules"], line)
		}
	}
	return found
}

// linkTo returns the name of the network interface that leads to address, or "" where none does. Other stacks' links come
// and go beside this one's.
func linkTo(t *testing.T, address string) string {
	t.Helper()
	all, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range all {
		addresses, err := one.Addrs()
		if err != nil {
			continue // it went meanwhile
		}
		for _, found := range addresses {
			if network, ok := found.(*net.IPNet); ok && network.Contains(net.ParseIP(address)) {
				return one.Name
			}
		}
	}
	return ""
}

func linesWith(t *testing.T, file, text string) []string {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(string(content)) {
		if strings.Contains(line, text) {
			lines = append(lines, line)
		}
	}
	return lines
}

func controlGroups(t *testing.T) []string {
	t.Helper()
	var groups []string
	for _, pattern := range []string{"/sys/fs/cgroup/*" + instance + "*", "/sys/fs/cgroup/*/*" + instance + "*"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		groups = append(groups, found...)
	}
	return groups
}

// processes lists the command lines of cluster and registry programs that run for this test's instance.
func processes(t *testing.T) []string {
	t.Helper()
	var found []string
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			continue // it ended meanwhile
		}
		line := strings.ReplaceAll(string(raw), "\x00", " ")
		if strings.Contains(line, "factory-cluster") && strings.Contains(line, instance) || strings.Contains(line, registryPort) {
			found = append(found, line)
		}
	}
	return found
}
