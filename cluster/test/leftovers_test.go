package test

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// traces lists everything on the machine that a cluster could leave behind, one line each.
func traces(t *testing.T) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	links, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range links {
		found["link "+link.Name] = true
	}
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(mounts), "\n") {
		found["mount "+line] = true
	}
	for _, pattern := range []string{"/sys/fs/cgroup/*", "/sys/fs/cgroup/*/*"} {
		groups, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, group := range groups {
			if info, err := os.Stat(group); err == nil && info.IsDir() {
				found["control group "+group] = true
			}
		}
	}
	commands, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range commands {
		if data, err := os.ReadFile(command); err == nil && len(data) > 0 {
			found["process "+filepath.Base(filepath.Dir(command))+" "+strings.ReplaceAll(string(data), "\x00", " ")] = true
		}
	}
	counters := regexp.MustCompile(`\[\d+:\d+\]|^#.*`)
	for _, program := range []string{"iptables-save", "ip6tables-save"} {
		out, err := exec.Command(program).Output()
		if err != nil {
			t.Fatalf("%s: %v", program, err)
		}
		for _, line := range strings.Split(string(out), "\n") {
			found["rule "+counters.ReplaceAllString(line, "")] = true
		}
	}
	routes, err := os.ReadFile("/proc/net/route")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(routes), "\n") {
		if fields := strings.Fields(line); len(fields) > 2 {
			found["route "+strings.Join(fields[:3], " ")] = true
		}
	}
	for _, dir := range []string{"/var/lib/kubelet", "/var/lib/cni", "/var/log/pods", "/var/log/containers", "/run/containerd", "/run/factory", "/usr/libexec/kubernetes", "/opt/cni", "/etc/cni"} {
		if _, err := os.Stat(dir); err == nil {
			found["directory "+dir] = true
		}
	}
	return found
}

// mayBeOurs tells apart what the cluster could have made from what else happens on a machine that is in use meanwhile.
func mayBeOurs(trace, dir, group, link string) bool {
	kind, rest, _ := strings.Cut(trace, " ")
	switch kind {
	case "link":
		return rest == link
	case "route":
		return strings.HasPrefix(rest, link+" ")
	case "mount":
		return strings.Contains(rest, dir) || strings.Contains(rest, "/run/factory") || strings.Contains(rest, "/run/containerd")
	case "control":
		return strings.Contains(rest, group) || strings.Contains(rest, "kubepods")
	case "process":
		// Every process of a node names its directory, directly or as the node sees it.
		return strings.Contains(rest, dir) || strings.Contains(rest, group)
	default:
		return true
	}
}

// nothingLeft fails the test when, some seconds on, there are traces that were not there before.
func nothingLeft(t *testing.T, before map[string]bool, dir, group, link string) {
	t.Helper()
	eventually(t, 5*time.Second, func() string {
		var left []string
		for trace := range traces(t) {
			if !before[trace] && mayBeOurs(trace, dir, group, link) {
				left = append(left, trace)
			}
		}
		if len(left) == 0 {
			return ""
		}
		return "left behind:\n" + strings.Join(left, "\n")
	})
}
