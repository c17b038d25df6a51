// Package registry gives the project its image registry at localhost:PORT: an embedded one in the background, a
// container, or the one that already answers there.
package registry

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/helm-chart-factory/factory/factory/registry/state"
)

// Runtime is what a local registry runs in.
type Runtime string

// The runtimes that Setup starts, and the one that it finds.
const (
	Embedded Runtime = "embedded" // a background process of this program
	Docker   Runtime = "docker"   // the container local-registry
	Existing Runtime = "existing" // somebody else's registry that already answers on the port
)

// Options describe the registry to set up.
type Options struct {
	Port    int
	Dir     string   // its directory: data, state, log
	Config  []byte   // the distribution registry's configuration
	Serve   []string // program and arguments that serve it in the foreground from Dir on Port
	Runtime Runtime  // Embedded or Docker
}

// Result is what stands behind the port.
type Result struct {
	Address string  `json:"address"` // localhost:PORT
	Runtime Runtime `json:"runtime"`
	Started bool    `json:"started"` // false when it ran before
	PID     int     `json:"pid,omitempty"`
	Dir     string  `json:"dir,omitempty"`
	Note    string  `json:"note,omitempty"` // what a person should know about a registry that is not ours
}

// Dir is where the registry on port keeps everything, below factory's home directory.
func Dir(home string, port int) string {
	return filepath.Join(home, "registry", strconv.Itoa(port))
}

// Setup makes a registry answer on o.Port and returns once it does. A registry that already answers is used as it is;
// a port that is taken by anything else is an error that names the taker.
func Setup(ctx context.Context, o Options) (Result, error) {
	if o.Runtime == Docker {
		return setupContainer(ctx, o)
	}
	if o.Runtime != Embedded {
		return Result{}, fmt.Errorf("unknown registry runtime %q: want %s or %s", o.Runtime, Embedded, Docker)
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return Result{}, fmt.Errorf("making the registry's directory: %w", err)
	}
	unlock, err := state.WaitLock(ctx, filepath.Join(o.Dir, state.SetupLock))
	if err != nil {
		return Result{}, fmt.Errorf("waiting for another setup of the registry: %w", err)
	}
	defer unlock()

	running, found, err := state.Read(o.Dir)
	if err != nil {
		return Result{}, err
	}
	ours := found && running.Alive() && running.Port == o.Port
	answer := settled(ctx, o.Port)
	switch {
	case ours && answer.instance == running.Instance && running.Config == state.HashConfig(o.Config):
		return o.result(running, false), nil
	case ours:
		if err := end(ctx, running); err != nil {
			return Result{}, err
		}
	case answer.registry:
		return existing(ctx, o.Port, answer)
	case answer.taken:
		return Result{}, takenError(o.Port)
	}
	started, err := start(ctx, o)
	if err != nil {
		return Result{}, err
	}
	return o.result(started, true), nil
}

func (o Options) result(s state.State, started bool) Result {
	return Result{Address: address(o.Port), Runtime: Embedded, Started: started, PID: s.PID, Dir: o.Dir}
}

func address(port int) string { return "localhost:" + strconv.Itoa(port) }

// Stop ends the registry that Setup started in o.Dir, or the container; stopped is false where none ran.
// With purge its data is deleted as well. A registry that somebody else started is left alone.
func Stop(ctx context.Context, o Options, purge bool) (stopped bool, err error) {
	if o.Runtime == Docker {
		return stopContainer(ctx, purge)
	}
	if _, err := os.Stat(o.Dir); os.IsNotExist(err) {
		return false, nil
	}
	unlock, err := state.WaitLock(ctx, filepath.Join(o.Dir, state.SetupLock))
	if err != nil {
		return false, fmt.Errorf("waiting for another setup of the registry: %w", err)
	}
	defer unlock()
	running, found, err := state.Read(o.Dir)
	if err != nil {
		return false, err
	}
	if found && running.Alive() {
		if err := end(ctx, running); err != nil {
			return false, err
		}
		stopped = true
	}
	if err := state.Remove(o.Dir); err != nil {
		return stopped, err
	}
	if purge {
		return stopped, os.RemoveAll(o.Dir)
	}
	return stopped, nil
}

const (
	startLimit = 20 * time.Second
	endLimit   = 10 * time.Second
)
