// Package process runs the programs of a cluster as children that never outlive their supervisor.
package process

import (
	"os/exec"
	"runtime"
	"sync"
	"syscall"
)

// Spawner starts children that the kernel kills when this process ends, however it ends.
type Spawner struct {
	requests chan request

	mu   sync.Mutex
	mine map[int]bool
}

type request struct {
	command *exec.Cmd
	result  chan error
}

// NewSpawner returns a Spawner that lives as long as the process.
func NewSpawner() *Spawner {
	s := &Spawner{requests: make(chan request), mine: map[int]bool{}}
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
	// Held until the child is known: Owns must not deny one that dies at once.
	s.mu.Lock()
	defer s.mu.Unlock()
	r := request{command, make(chan error, 1)}
	s.requests <- r
	if err := <-r.result; err != nil {
		return err
	}
	s.mine[command.Process.Pid] = true
	return nil
}

// Wait waits for a command that Start started.
func (s *Spawner) Wait(command *exec.Cmd) error {
	err := command.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.mine, command.Process.Pid)
	return err
}

// Owns tells whether somebody is to Wait for the child pid.
func (s *Spawner) Owns(pid int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mine[pid]
}
