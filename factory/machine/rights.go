package machine

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

// ContainersError says which right a machine lacks for running containers, and what still works without it.
type ContainersError struct{ Missing string }

func (e *ContainersError) Error() string {
	return e.Missing + `
what works without it: factory sync, generate, lint and build, factory cluster start --no-node, make test
next: run this as root on a machine that allows namespaces, or name a cluster you have: factory up --cluster current`
}

// AllowsContainers returns nil when this process may run containers: it is root and may make network, mount and pid
// namespaces. Otherwise the error is a *ContainersError.
func AllowsContainers() error {
	if os.Geteuid() != 0 {
		return &ContainersError{Missing: "running containers on this machine needs root"}
	}
	probe := exec.Command("/bin/true")
	probe.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWIPC | syscall.CLONE_NEWUTS,
	}
	err := probe.Run()
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.EPERM):
		return &ContainersError{Missing: "this machine does not allow new namespaces (the right CAP_SYS_ADMIN is missing)"}
	default:
		return &ContainersError{Missing: fmt.Sprintf("this machine cannot make network, mount and pid namespaces: %v", err)}
	}
}
