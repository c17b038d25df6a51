package instance

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// ErrLocked says that another process holds the lock.
var ErrLocked = errors.New("locked by another process")

// Lock names one of the instance's locks. A lock ends with the process that holds it, however that ends.
type Lock string

const (
	// Starting is held while a command starts or stops the instance.
	Starting Lock = "start.lock"
	// Running is held by the supervisor for as long as it lives.
	Running Lock = "supervisor.lock"
)

// Acquire takes the lock and returns its release, or ErrLocked.
func (i Instance) Acquire(lock Lock) (release func(), err error) {
	if err := os.MkdirAll(i.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("creating state directory %q: %w", i.Dir, err)
	}
	file, err := os.OpenFile(i.Path(string(lock)), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening lock %q: %w", i.Path(string(lock)), err)
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		file.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, ErrLocked
		}
		return nil, fmt.Errorf("locking %q: %w", i.Path(string(lock)), err)
	}
	return func() { file.Close() }, nil
}

// IsRunning tells whether a supervisor holds the instance.
func (i Instance) IsRunning() bool {
	if _, err := os.Stat(i.Path(string(Running))); err != nil {
		return false
	}
	release, err := i.Acquire(Running)
	if err != nil {
		return errors.Is(err, ErrLocked)
	}
	release()
	return false
}
