// Package instance names the files of one cluster instance and holds what is recorded about it.
package instance

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
)

// Instance is one cluster: its name and the directory that holds everything it keeps.
type Instance struct {
	Name string
	Dir  string
}

// CommandVariable names the environment variable by which a command that runs this program says what a person calls it.
const CommandVariable = "FACTORY_CLUSTER_COMMAND"

var validName = regexp.MustCompile(`^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$`)

// New checks name, makes dir absolute and, if dir is empty, places it below the user's factory home.
func New(name, dir string) (Instance, error) {
	if !validName.MatchString(name) {
		return Instance{}, fmt.Errorf("cluster name %q: use 1 to 40 lower-case letters, digits and dashes, starting with a letter", name)
	}
	if dir == "" {
		home, err := Home()
		if err != nil {
			return Instance{}, err
		}
		dir = filepath.Join(home, "cluster", name)
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return Instance{}, fmt.Errorf("finding state directory %q: %w", dir, err)
	}
	return Instance{Name: name, Dir: dir}, nil
}

// Home is the directory for running things: $FACTORY_HOME, /var/lib/factory for root, else the user's state directory.
func Home() (string, error) {
	if dir := os.Getenv("FACTORY_HOME"); dir != "" {
		return dir, nil
	}
	if os.Geteuid() == 0 {
		return "/var/lib/factory", nil
	}
	if dir := os.Getenv("XDG_STATE_HOME"); dir != "" {
		return filepath.Join(dir, "factory"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", errors.New("no home directory is known: set FACTORY_HOME to a directory that may hold cluster state")
	}
	return filepath.Join(home, ".local", "state", "factory"), nil
}

// Cache is the directory for things that can be built again: $FACTORY_CACHE or the user's cache directory.
func Cache() (string, error) {
	if dir := os.Getenv("FACTORY_CACHE"); dir != "" {
		return dir, nil
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", errors.New("no cache directory is known: set FACTORY_CACHE to a directory that may hold binaries and images")
	}
	return filepath.Join(dir, "factory"), nil
}

// Path joins elem below the instance's directory.
func (i Instance) Path(elem ...string) string {
	return filepath.Join(append([]string{i.Dir}, elem...)...)
}

// Kubeconfig is the path of the admin's kubeconfig.
func (i Instance) Kubeconfig() string { return i.Path("kubeconfig.yaml") }

// Log is the path of a component's log.
func (i Instance) Log(component string) string { return i.Path("logs", component+".log") }

// Command is what a person types to have this done to the instance: arguments of the command through which the program was
// called, where that says its name in $FACTORY_CLUSTER_COMMAND, else of factory-cluster itself.
func (i Instance) Command(arguments string) string {
	if name := os.Getenv(CommandVariable); name != "" {
		return name + " " + arguments
	}
	return "factory-cluster " + arguments + " --name " + i.Name
}

// Group is the name of the instance's control group: unique for the state directory, and telling to a person.
func (i Instance) Group() string { return "factory-" + i.Name + "-" + i.id() }

// Link is the name of the host's end of the link to the node. The kernel allows 15 bytes.
func (i Instance) Link() string { return "fc" + i.id() }

func (i Instance) id() string {
	sum := sha256.Sum256([]byte(i.Dir))
	return hex.EncodeToString(sum[:4])
}

// Exists tells whether anything is kept for the instance.
func (i Instance) Exists() bool {
	_, err := os.Stat(i.Path(recordFile))
	return err == nil
}

// Create makes the directories that every kind of instance has. They are closed to other users: keys lie in them.
func (i Instance) Create() error {
	for _, dir := range []string{i.Dir, i.Path("logs"), i.Path("pki"), i.Path("run"), i.Path("etcd")} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("creating state directory %q: %w", dir, err)
		}
	}
	return nil
}
