// Package preflight finds out whether a machine can run a node, and names exactly what is missing if not.
package preflight

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/helm-chart-factory/factory/cluster/internal/cgroup"
	"github.com/helm-chart-factory/factory/cluster/internal/containerd"
	"github.com/helm-chart-factory/factory/cluster/internal/instance"
)

// Problem is one thing that keeps the machine from running a node.
type Problem struct {
	Missing string `json:"missing"` // what is missing
	Fix     string `json:"fix"`     // what to do about it
}

// Report is what a machine allows.
type Report struct {
	Node     bool      `json:"node"`   // a node with pods
	NoNode   bool      `json:"noNode"` // a control plane alone, which needs nothing
	Cgroup   string    `json:"cgroup"`
	Problems []Problem `json:"problems,omitempty"`
}

// Error says all of it, for people; nil when a node can run.
func (r Report) Error() error {
	if r.Node {
		return nil
	}
	var text strings.Builder
	text.WriteString("this machine cannot run a node:")
	for _, problem := range r.Problems {
		fmt.Fprintf(&text, "\n  - %s: %s", problem.Missing, problem.Fix)
	}
	text.WriteString("\na control plane without a node still works here: " + cmp.Or(os.Getenv(instance.CommandVariable), "factory-cluster") + " start --no-node")
	return fmt.Errorf("%s", text.String())
}

// packages are the Debian packages that a node needs, each with the programs it is needed for.
var packages = [...]struct {
	name     string
	programs []string
}{
	{"containerd", []string{"containerd", "containerd-shim-runc-v2", "ctr"}},
	{"runc", []string{"runc"}},
	{"iptables", []string{"iptables", "iptables-save", "iptables-restore", "ip6tables"}},
	{"mount", []string{"mount", "umount"}},
}

const pluginPackage = "containernetworking-plugins"

// Packages lists the Debian packages that a node needs.
func Packages() []string {
	list := []string{pluginPackage}
	for _, p := range packages {
		list = append(list, p.name)
	}
	return list
}

// UseSystemPath adds the directories of system programs to PATH, which a user who became root by su may lack.
func UseSystemPath() error {
	path := filepath.SplitList(os.Getenv("PATH"))
	return os.Setenv("PATH", strings.Join(append(path, "/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin", "/bin"), ":"))
}

// Check looks at the machine. It changes nothing.
func Check() Report {
	report := Report{NoNode: true}
	report.Problems = append(report.Problems, checkRights()...)
	if len(report.Problems) == 0 {
		// Without the rights these would only say the same in other words.
		report.Problems = append(report.Problems, checkKernel()...)
		groups, problems := checkCgroups()
		report.Cgroup = groups
		report.Problems = append(report.Problems, problems...)
	}
	report.Problems = append(report.Problems, checkPrograms()...)
	report.Node = len(report.Problems) == 0
	return report
}

func checkPrograms() []Problem {
	var problems []Problem
	for _, p := range packages {
		for _, program := range p.programs {
			if _, err := exec.LookPath(program); err != nil {
				problems = append(problems, Problem{program + " is not installed", "apt-get install " + p.name})
			}
		}
	}
	dir, err := containerd.PluginDir()
	if err != nil {
		return append(problems, Problem{"the CNI plugins are not installed", "apt-get install " + pluginPackage})
	}
	for _, plugin := range []string{"bridge", "host-local", "portmap", "loopback"} {
		if _, err := os.Stat(filepath.Join(dir, plugin)); err != nil {
			problems = append(problems, Problem{"the CNI plugin " + plugin + " is not installed", "apt-get install " + pluginPackage})
		}
	}
	return problems
}

func checkCgroups() (version string, problems []Problem) {
	groups, err := cgroup.Detect()
	if err != nil {
		return "", []Problem{{err.Error(), "mount /proc"}}
	}
	version = groups.Version()
	missing, err := groups.Missing()
	if err != nil {
		return version, []Problem{{err.Error(), "mount the control groups at /sys/fs/cgroup"}}
	}
	if len(missing) > 0 {
		return version, []Problem{{
			"control groups without " + strings.Join(missing, ", "),
			"mount them at /sys/fs/cgroup, or boot a kernel that has them",
		}}
	}
	if err := groups.Writable(fmt.Sprintf("factory-check-%d", os.Getpid())); err != nil {
		return version, []Problem{{"the right to create control groups (" + err.Error() + ")", "run on the machine itself or in a privileged container"}}
	}
	return version, nil
}
