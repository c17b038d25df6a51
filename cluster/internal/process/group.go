package process

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// Spec is one program of the cluster.
type Spec struct {
	Name string   // also the name of its log
	Path string   // the executable
	Args []string // without the program's name
	Env  []string // added to the supervisor's own
	Dir  string   // working directory
	Log  string   // path of its log
	Attr *syscall.SysProcAttr
}

// Exit reports a program that ended although it should run.
type Exit struct {
	Name string
	Log  string
	Err  error // nil when it exited with status 0
}

// Error implements error.
func (e *Exit) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("%s ended by itself", e.Name)
	}
	return fmt.Sprintf("%s ended: %v", e.Name, e.Err)
}

// Group runs programs. Until Settle, the end of any of them fails the group; afterwards it is started again.
type Group struct {
	spawner *Spawner
	failed  context.CancelCauseFunc
	notes   io.Writer

	mu      sync.Mutex
	settled bool
	running map[string]*child
}

type child struct {
	spec    Spec
	command *exec.Cmd
	stop    chan struct{} // closed when the program is told to end
	done    chan struct{} // closed when it has ended for good
}

// NewGroup returns an empty group and a context that ends, with an *Exit as its cause, when the group fails.
// Restarts are written to notes, one line each.
func NewGroup(ctx context.Context, spawner *Spawner, notes io.Writer) (*Group, context.Context) {
	ctx, cancel := context.WithCancelCause(ctx)
	return &Group{spawner: spawner, failed: cancel, notes: notes, running: map[string]*child{}}, ctx
}

// Start runs spec in the background.
func (g *Group) Start(spec Spec) error {
	c := &child{spec: spec, stop: make(chan struct{}), done: make(chan struct{})}
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := g.launch(c); err != nil {
		return err
	}
	g.running[spec.Name] = c
	go g.watch(c, c.command)
	return nil
}

// launch starts the child's program; g.mu is held, so that Stop sees either no program or the one that runs.
func (g *Group) launch(c *child) error {
	log, err := os.OpenFile(c.spec.Log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("opening the log of %s: %w", c.spec.Name, err)
	}
	defer log.Close()
	command := exec.Command(c.spec.Path, c.spec.Args...)
	command.Args[0] = processName(c.spec)
	command.Env = append(os.Environ(), c.spec.Env...)
	command.Dir = c.spec.Dir
	command.Stdout, command.Stderr = log, log
	if c.spec.Attr != nil {
		attr := *c.spec.Attr
		command.SysProcAttr = &attr
	}
	if err := g.spawner.Start(command); err != nil {
		return fmt.Errorf("starting %s: %w", c.spec.Name, err)
	}
	c.command = command
	return nil
}

// The supervisor's own binary runs under its known name, whatever link it was started by.
func processName(spec Spec) string {
	if spec.Path == Self {
		return "factory-cluster"
	}
	return spec.Path
}

// Self is the path at which a process finds its own executable, also where mounts hide the file or a newer one took its place.
const Self = "/proc/self/exe"

func (g *Group) watch(c *child, command *exec.Cmd) {
	defer close(c.done)
	for {
		started := time.Now()
		err := g.spawner.Wait(command)
		if isClosed(c.stop) {
			return
		}
		exit := &Exit{Name: c.spec.Name, Log: c.spec.Log, Err: err}
		g.mu.Lock()
		settled := g.settled
		g.mu.Unlock()
		if !settled {
			g.failed(exit)
			return
		}
		// A program that ends again and again must not eat the machine.
		pause := time.Second
		if time.Since(started) < 10*time.Second {
			pause = 5 * time.Second
		}
		fmt.Fprintf(g.notes, "%s %v: starting it again in %s\n", time.Now().Format(time.RFC3339), exit, pause)
		if command = g.relaunch(c, pause); command == nil {
			return
		}
	}
}

// relaunch starts the child's program again after pause, or returns nil when it is told to end meanwhile.
func (g *Group) relaunch(c *child, pause time.Duration) *exec.Cmd {
	for {
		select {
		case <-c.stop:
			return nil
		case <-time.After(pause):
		}
		g.mu.Lock()
		if isClosed(c.stop) {
			g.mu.Unlock()
			return nil
		}
		err := g.launch(c)
		command := c.command
		g.mu.Unlock()
		if err == nil {
			return command
		}
		fmt.Fprintf(g.notes, "%s %v\n", time.Now().Format(time.RFC3339), err)
	}
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// Settle says that everything is up: from now on a program that ends is started again.
func (g *Group) Settle() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.settled = true
}

// Restart ends the named program and lets it be started again; it returns without waiting for that.
func (g *Group) Restart(name string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	c := g.running[name]
	if c == nil {
		return fmt.Errorf("%s is not running", name)
	}
	if err := c.command.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("ending %s: %w", name, err)
	}
	return nil
}

// Stop ends the named programs together: SIGTERM, and SIGKILL to those that still run after grace.
func (g *Group) Stop(grace time.Duration, names ...string) {
	var waiting []*child
	g.mu.Lock()
	for _, name := range names {
		if c := g.running[name]; c != nil {
			close(c.stop)
			c.command.Process.Signal(syscall.SIGTERM)
			waiting = append(waiting, c)
			delete(g.running, name)
		}
	}
	g.mu.Unlock()
	deadline := time.After(grace)
	for _, c := range waiting {
		select {
		case <-c.done:
		case <-deadline:
			deadline = time.After(0)
			g.mu.Lock()
			c.command.Process.Kill()
			g.mu.Unlock()
			<-c.done
		}
	}
}

// StopAll ends whatever still runs.
func (g *Group) StopAll(grace time.Duration) {
	g.mu.Lock()
	var names []string
	for name := range g.running {
		names = append(names, name)
	}
	g.mu.Unlock()
	g.Stop(grace, names...)
}
