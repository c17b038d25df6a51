package cgroup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// hostGroup takes the processes out of a version 2 root that is a container's: such a root may hold processes or give
// controllers to its groups, not both.
const hostGroup = "factory-host"

// Prefix begins the name of every group that factory makes.
const Prefix = "factory-"

// delegate lets the groups below root use every controller that root has.
func delegate(root string) error {
	data, err := os.ReadFile(filepath.Join(root, "cgroup.controllers"))
	if err != nil {
		return fmt.Errorf("reading the cgroup controllers: %w", err)
	}
	for _, controller := range strings.Fields(string(data)) {
		err := enable(root, controller)
		if errors.Is(err, unix.EBUSY) {
			if err = move(root, filepath.Join(root, hostGroup)); err == nil {
				err = enable(root, controller)
			}
		}
		// A controller that cannot be had is missed, with its name, by whoever needs it.
		if err != nil && !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.ENOENT) {
			return fmt.Errorf("handing the %s controller to control groups below %q: %w", controller, root, err)
		}
	}
	return nil
}

func enable(root, controller string) error {
	return os.WriteFile(filepath.Join(root, "cgroup.subtree_control"), []byte("+"+controller), 0)
}

// undelegate takes back what delegate did to a container's root, when no group of factory's needs it any more.
func undelegate(root string) error {
	host := filepath.Join(root, hostGroup)
	if _, err := os.Stat(host); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	groups, err := filepath.Glob(filepath.Join(root, Prefix+"*"))
	if err != nil || len(groups) > 1 {
		return err
	}
	data, err := os.ReadFile(filepath.Join(root, "cgroup.subtree_control"))
	if err != nil {
		return fmt.Errorf("reading the handed-out cgroup controllers: %w", err)
	}
	for _, controller := range strings.Fields(string(data)) {
		if err := os.WriteFile(filepath.Join(root, "cgroup.subtree_control"), []byte("-"+controller), 0); err != nil {
			return fmt.Errorf("taking the %s controller back: %w", controller, err)
		}
	}
	if err := move(host, root); err != nil {
		return err
	}
	if err := unix.Rmdir(host); err != nil {
		return fmt.Errorf("removing control group %q: %w", host, err)
	}
	return nil
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
