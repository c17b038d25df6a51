package cgroup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Create makes the group name in every hierarchy and hands it the controllers that containers need. It returns those that
// were handed out before (nil where there is no such thing), for Remove.
func (h Hierarchies) Create(name string) (before []string, err error) {
	if h.Unified() {
		if before, err = delegate(h.V2); err != nil {
			return before, err
		}
	}
	for _, mount := range h.All() {
		dir := filepath.Join(mount, name)
		if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
			return before, fmt.Errorf("creating control group %q: %w", dir, err)
		}
	}
	if dir := h.controllers["cpuset"]; dir != "" {
		// Version 1 gives a new group no processors and no memory nodes at all.
		for _, file := range []string{"cpuset.cpus", "cpuset.mems"} {
			if err := copyFile(filepath.Join(dir, file), filepath.Join(dir, name, file)); err != nil {
				return before, err
			}
		}
	}
	return before, nil
}

func copyFile(from, to string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return fmt.Errorf("reading %q: %w", from, err)
	}
	if err := os.WriteFile(to, data, 0); err != nil {
		return fmt.Errorf("writing %q: %w", to, err)
	}
	return nil
}

// Processes lists the processes in the group name and the groups below it, as this process sees their numbers.
func (h Hierarchies) Processes(name string) []int {
	found := map[int]bool{}
	for _, mount := range h.All() {
		filepath.WalkDir(filepath.Join(mount, name), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || !entry.IsDir() {
				return nil
			}
			for _, pid := range readPIDs(filepath.Join(path, "cgroup.procs")) {
				found[pid] = true
			}
			return nil
		})
	}
	var list []int
	for pid := range found {
		list = append(list, pid)
	}
	return list
}

func readPIDs(path string) []int {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	var list []int
	for _, field := range strings.Fields(string(data)) {
		// 0 is a process that this one's PID namespace cannot name.
		if pid, err := strconv.Atoi(field); err == nil && pid > 0 {
			list = append(list, pid)
		}
	}
	return list
}

// Remove kills what is left in the group name, removes it from every hierarchy and takes back the controllers that
// were not handed out before, as Create said. A group that is not there is fine.
func (h Hierarchies) Remove(name string, before []string) error {
	deadline := time.Now().Add(10 * time.Second)
	for {
		err := h.remove(name, before)
		if err == nil || time.Now().After(deadline) {
			return err
		}
		// The kernel takes a moment to bury the dead.
		time.Sleep(50 * time.Millisecond)
	}
}

func (h Hierarchies) remove(name string, before []string) error {
	for _, pid := range h.Processes(name) {
		unix.Kill(pid, unix.SIGKILL)
	}
	var problems []error
	for _, mount := range h.All() {
		problems = append(problems, removeTree(filepath.Join(mount, name)))
	}
	if err := errors.Join(problems...); err != nil {
		return err
	}
	if h.Unified() {
		return undelegate(h.V2, before)
	}
	return nil
}

// removeTree removes a group and the groups below it. Their files cannot be removed, nor need be.
func removeTree(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("removing control group %q: %w", dir, err)
	}
	for _, entry := range entries {
		if entry.IsDir() {
			if err := removeTree(filepath.Join(dir, entry.Name())); err != nil {
				return err
			}
		}
	}
	if err := unix.Rmdir(dir); err != nil && !errors.Is(err, unix.ENOENT) {
		return fmt.Errorf("removing control group %q: %w", dir, err)
	}
	return nil
}

// Writable tries to make and remove the group name everywhere, and leaves nothing.
func (h Hierarchies) Writable(name string) error {
	var problems []error
	for _, mount := range h.All() {
		dir := filepath.Join(mount, name)
		if err := os.Mkdir(dir, 0o755); err != nil {
			problems = append(problems, err)
			continue
		}
		problems = append(problems, unix.Rmdir(dir))
	}
	return errors.Join(problems...)
}
