package cgroup

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const (
	hybrid = `25 1 0:23 / / rw - ext4 /dev/vda rw
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct
33 31 0:30 / /sys/fs/cgroup/cpuset rw,relatime - cgroup cgroup rw,cpuset
34 31 0:31 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
35 31 0:32 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids
36 31 0:33 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd
37 31 0:34 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
38 31 0:31 / /run/other/cgroup/memory rw,relatime - cgroup cgroup rw,memory
`
	unified = `30 23 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot
`
	legacy = `32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu
33 31 0:30 / /sys/fs/cgroup/cpuset rw,relatime - cgroup cgroup rw,cpuset
`
)

func TestParse(t *testing.T) {
	for _, test := range []struct {
		name, mounts, version string
		all                   int
		unified               bool
	}{
		{"hybrid", hybrid, "v1 hybrid", 6, false},
		{"unified", unified, "v2", 1, true},
		{"legacy", legacy, "v1", 2, false},
		{"none", "", "none", 0, false},
	} {
		h, err := parse(strings.NewReader(test.mounts))
		if err != nil {
			t.Fatal(err)
		}
		if h.Version() != test.version || len(h.All()) != test.all || h.Unified() != test.unified {
			t.Errorf("%s: %s, %v", test.name, h.Version(), h.All())
		}
	}
}

func TestMissing(t *testing.T) {
	for _, test := range []struct {
		mounts string
		want   []string
	}{
		{hybrid, nil},
		{legacy, []string{"cpuacct", "memory", "pids"}},
	} {
		h, err := parse(strings.NewReader(test.mounts))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := h.Missing(); err != nil || !slices.Equal(got, test.want) {
			t.Errorf("got %v %v, want %v", got, err, test.want)
		}
	}
}

// tree lays out directories that stand for a version 2 hierarchy; what the kernel does to them, it does not do here.
func tree(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range map[string]string{
		"cgroup.controllers": "cpuset cpu memory pids\n", "cgroup.subtree_control": "", "cgroup.procs": "",
	} {
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestUnifiedGroup(t *testing.T) {
	root := tree(t)
	h := Hierarchies{V2: root}
	if missing, err := h.Missing(); err != nil || missing != nil {
		t.Errorf("missing %v %v", missing, err)
	}
	// One is handed out already.
	if err := os.WriteFile(filepath.Join(root, control), []byte("cpu"), 0o600); err != nil {
		t.Fatal(err)
	}
	before, err := h.Create("factory-a")
	if err != nil || !slices.Equal(before, []string{"cpu"}) {
		t.Fatalf("handed out before: %v, %v", before, err)
	}
	// As the kernel would list them; one of them is runc's doing.
	if err := os.WriteFile(filepath.Join(root, control), []byte("cpu rdma"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(root, "factory-a", "kubepods", "pod1"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(root, "factory-b"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := h.Remove("factory-a", before); err != nil {
		t.Fatal(err)
	}
	if data, _ := os.ReadFile(filepath.Join(root, control)); strings.HasPrefix(string(data), "-") {
		t.Errorf("another group lost its controllers: %s", data)
	}
	if err := os.Remove(filepath.Join(root, "factory-b")); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, "factory-a")); !os.IsNotExist(err) {
		t.Errorf("the group is still there: %v", err)
	}
	if err := h.Remove("factory-a", before); err != nil {
		t.Errorf("removing what is not there: %v", err)
	}
	if data, _ := os.ReadFile(filepath.Join(root, control)); string(data) != "-rdma" {
		t.Errorf("the last group did not give its controllers back: %s", data)
	}
}

func TestVersion1GroupGetsProcessors(t *testing.T) {
	root := t.TempDir()
	h := Hierarchies{V1: []string{root}, controllers: map[string]string{"cpuset": root}}
	// A real hierarchy makes these two files in a new group by itself.
	if err := os.MkdirAll(filepath.Join(root, "g"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{root, filepath.Join(root, "g")} {
		for name, text := range map[string]string{"cpuset.cpus": "0-3", "cpuset.mems": "0"} {
			if dir != root {
				text = ""
			}
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := h.Create("g"); err != nil {
		t.Fatal(err)
	}
	if data, _ := os.ReadFile(filepath.Join(root, "g", "cpuset.cpus")); string(data) != "0-3" {
		t.Errorf("the group has the processors %q", data)
	}
}
