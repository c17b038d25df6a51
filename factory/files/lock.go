package files

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// runFolder is in the written folder for as long as a run lasts. One that is there while nobody holds the lock tells of a run
// that was cut off. journalFile in it names the scope of that run, storeFolder holds what was to be put in place.
const (
	runFolder   = ".factory-run"
	journalFile = "journal"
	storeFolder = "new"
)

// Session is the sole right to write to a folder.
type Session struct {
	// Interrupted is the scope of an earlier run that was cut off; nil when there is none. Whoever writes next writes that
	// scope too.
	Interrupted Scope
	// Shared says that people keep files of their own in the folder: those stay, with force too.
	Shared bool

	dir    string
	handle *os.File
	disk   disk
}

// Begin waits for other runs on the folder to end and returns the right to write to it. The folder may be missing, its parent
// is there. Waiting is called once, when there is something to wait for.
func Begin(ctx context.Context, dir string, waiting func()) (*Session, error) {
	// The lock is on the parent, which is there before the first run and leaves no file behind.
	handle, err := os.Open(filepath.Dir(dir))
	if err != nil {
		return nil, fmt.Errorf("locking %s: %w", dir, err)
	}
	for told := false; ; {
		err := syscall.Flock(int(handle.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			break
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			handle.Close()
			return nil, fmt.Errorf("locking %s: %w", dir, err)
		}
		if !told {
			told = true
			waiting()
		}
		select {
		case <-ctx.Done():
			handle.Close()
			return nil, fmt.Errorf("waiting for another run on %s: %w", dir, ctx.Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
	s := &Session{dir: dir, handle: handle, disk: realDisk{}}
	s.Interrupted = interrupted(dir)
	return s, nil
}

// Scope returns what the next run has to write: what it wants to, and what an earlier run left unfinished.
func (s *Session) Scope(wanted Scope) Scope {
	all := slices.Concat(wanted, s.Interrupted)
	slices.Sort(all)
	return slices.Compact(all)
}

// End gives the right back.
func (s *Session) End() error { return s.handle.Close() }

// interrupted returns the scope of a run that was cut off. Without a readable journal it is everything.
func interrupted(dir string) Scope {
	if !exists(filepath.Join(dir, runFolder)) {
		return nil
	}
	journal, err := os.ReadFile(filepath.Join(dir, runFolder, journalFile))
	if err != nil || len(journal) == 0 {
		return Scope{everything}
	}
	return strings.Split(strings.TrimSpace(string(journal)), "\n")
}
