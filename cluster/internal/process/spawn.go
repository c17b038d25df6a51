// Package process runs the programs of a cluster as children that never outlive their supervisor.
package process

import (
	"os/exec"
	"runtime"
	"syscall"
)

// Spawner starts children that the kernel kills when this process ends, however it ends.
type Spawner struct {
	requests chan request
}

type request struct {
	command *exec.Cmd
	result  chan error
}

// NewSpawner returns a Spawner that lives as long as the process.
func NewSpawner() *Spawner {
	s := &Spawner{requests: make(chan request)}
	go s.serve()
	return s
}

// The kernel sends the parent-death signal when the thread that forked ends, not the process: so one thread that never
// ends does all the forking.
func (s *Spawner) serve() {
	runtime.LockOSThread()
	for r := range s.requests {
		r.result <- r.command.Start()
	}
}

// Start starts command, which must not be started otherwise.
func (s *Spawner) Start(command *exec.Cmd) error {
	if command.SysProcAttr == nil {
		command.SysProcAttr = &syscall.SysProcAttr{}
	}
	command.SysProcAttr.Pdeathsig = syscall.SIGKILL
	r := request{command, make(chan error, 1)}
	s.requests <- r
	return <-r.result
}
