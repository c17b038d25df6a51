package cgroup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// hostGroup takes the processes out of a version 2 root that is a container's: such a root may hold processes or give
// controllers to its groups, not both.
const hostGroup = "factory-host"

const control = "cgroup.subtree_control"

// wanted are the version 2 controllers that the kubelet and runc use; the kubelet insists on hugetlb where the kernel has it.
var wanted = [...]string{"cpuset", "cpu", "io", "memory", "pids", "hugetlb"}

// Prefix begins the name of every group that factory makes.
const Prefix = "factory-"

// delegate lets the groups below root use the controllers that containers need, and returns those that they could use
// before.
func delegate(root string) (before []string, err error) {
	available, err := readList(root, "cgroup.controllers")
	if err != nil {
		return nil, err
	}
	before, err = readList(root, control)
	if err != nil {
		return nil, err
	}
	// Only a group that is not the machine's root says of which type it is.
	if _, err := os.Stat(filepath.Join(root, "cgroup.type")); err == nil && len(readPIDs(filepath.Join(root, "cgroup.procs"))) > 0 {
		if err := move(root, filepath.Join(root, hostGroup)); err != nil {
			return before, err
		}
	}
	for _, controller := range wanted {
		if !slices.Contains(available, controller) || slices.Contains(before, controller) {
			continue
		}
		if err := set(root, "+"+controller); err != nil {
			return before, fmt.Errorf("handing the %s controller to control groups below %q: %w", controller, root, err)
		}
	}
	return before, nil
}

// undelegate takes back what was handed out since delegate, by it or by runc, when no other group of factory's may need it.
func undelegate(root string, before []string) error {
	groups, err := filepath.Glob(filepath.Join(root, Prefix+"*"))
	if err != nil {
		return fmt.Errorf("listing control groups: %w", err)
	}
	host := filepath.Join(root, hostGroup)
	emptied := slices.Contains(groups, host)
	if len(groups) > 1 || len(groups) == 1 && !emptied {
		return nil
	}
	now, err := readList(root, control)
	if err != nil {
		return err
	}
	for _, controller := range now {
		// A root that held processes had handed out nothing.
		if !emptied && (before == nil || slices.Contains(before, controller)) {
			continue
		}
		err := set(root, "-"+controller)
		// Busy: somebody else has begun to use it.
		if err != nil && (emptied || !errors.Is(err, unix.EBUSY)) {
			return fmt.Errorf("taking the %s controller back: %w", controller, err)
		}
	}
	if !emptied {
		return nil
	}
	if err := move(host, root); err != nil {
		return err
	}
	if err := unix.Rmdir(host); err != nil {
		return fmt.Errorf("removing control group %q: %w", host, err)
	}
	return nil
}

func readList(root, file string) ([]string, error) {
	data, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		return nil, fmt.Errorf("reading the control groups' controllers: %w", err)
	}
	// Never nil: an empty list says something.
	return append([]string{}, strings.Fields(string(data))...), nil
}

func set(root, change string) error {
	return os.WriteFile(filepath.Join(root, control), []byte(change), 0)
}

// move moves every process of the group from to the group to, which is made if needed.
func move(from, to string) error {
	if err := os.Mkdir(to, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("creating control group %q: %w", to, err)
	}
	// Processes that are forked meanwhile are found by looking again.
	for range 20 {
		pids := readPIDs(filepath.Join(from, "cgroup.procs"))
		if len(pids) == 0 {
			return nil
		}
		for _, pid := range pids {
			err := os.WriteFile(filepath.Join(to, "cgroup.procs"), []byte(strconv.Itoa(pid)), 0)
			if err != nil && !errors.Is(err, unix.ESRCH) {
				return fmt.Errorf("moving process %d to control group %q: %w", pid, to, err)
			}
		}
	}
	return fmt.Errorf("moving processes to control group %q: new ones keep appearing", to)
}
