// Package state is what a background registry and the command that looks after it know of each other.
package state

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// The files of a registry's directory, beside its data.
const (
	File      = "registry.json"
	LogFile   = "registry.log"
	ServeLock = "serve.lock" // held by the registry as long as it lives
	SetupLock = "setup.lock" // held by a command that starts or stops it
	DataDir   = "data"
)

// State describes one running registry.
type State struct {
	Process
	Port     int    `json:"port"`
	Instance string `json:"instance"` // what its answers carry
	Config   string `json:"config"`   // hash of its configuration
}

// Self describes the calling process as the registry on port.
func Self(port int, instance string, config []byte) (State, error) {
	process, err := Identify(os.Getpid())
	if err != nil {
		return State{}, err
	}
	return State{Process: process, Port: port, Instance: instance, Config: HashConfig(config)}, nil
}

// HashConfig tells two configurations apart.
func HashConfig(config []byte) string {
	sum := sha256.Sum256(config)
	return hex.EncodeToString(sum[:8])
}

// Write puts the state into dir in one step.
func (s State) Write(dir string) error {
	content, err := json.Marshal(s)
	if err != nil {
		return err
	}
	next := filepath.Join(dir, File+".new")
	if err := os.WriteFile(next, append(content, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(next, filepath.Join(dir, File))
}

// Read returns the state in dir; found is false where no registry has described itself.
func Read(dir string) (s State, found bool, err error) {
	content, err := os.ReadFile(filepath.Join(dir, File))
	if errors.Is(err, fs.ErrNotExist) {
		return State{}, false, nil
	}
	if err != nil {
		return State{}, false, err
	}
	if err := json.Unmarshal(content, &s); err != nil {
		return State{}, false, fmt.Errorf("reading %s: %w", filepath.Join(dir, File), err)
	}
	return s, true, nil
}

// Remove forgets the state in dir.
func Remove(dir string) error {
	err := os.Remove(filepath.Join(dir, File))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
