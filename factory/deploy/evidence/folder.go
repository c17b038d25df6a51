// Package evidence keeps files about deploys that went wrong, and the logs of hooks, on this machine.
package evidence

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// kept is how many files of a release are kept; the oldest go first.
const kept = 40

// stamp makes the files' names sort by time.
const stamp = "20060102-150405.000"

// Folder is where the files of one release are: <root>/evidence/<release>.
type Folder struct{ dir string }

// In returns the folder of a release below root.
func In(root, release string) Folder { return Folder{filepath.Join(root, "evidence", release)} }

// Save writes one file named after the moment and what it is about, and returns its path. Only its owner may read it. A
// file is there as a whole or not at all.
func (f Folder) Save(at time.Time, about, text string) (path string, err error) {
	if err := os.MkdirAll(f.dir, 0o700); err != nil {
		return "", fmt.Errorf("making a place for evidence: %w", err)
	}
	path = filepath.Join(f.dir, at.Format(stamp)+"-"+about+".txt")
	temporary, err := os.CreateTemp(f.dir, ".writing-*")
	if err != nil {
		return "", fmt.Errorf("saving evidence: %w", err)
	}
	_, err = temporary.WriteString(text)
	err = errors.Join(err, temporary.Close())
	if err == nil {
		err = os.Rename(temporary.Name(), path)
	}
	if err != nil {
		return "", fmt.Errorf("saving evidence: %w", errors.Join(err, os.Remove(temporary.Name())))
	}
	return path, f.prune()
}

// prune removes the oldest files.
func (f Folder) prune() error {
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return fmt.Errorf("looking at older evidence: %w", err)
	}
	var names []string
	for _, entry := range entries {
		if strings.HasSuffix(entry.Name(), ".txt") {
			names = append(names, entry.Name())
		}
	}
	slices.Sort(names)
	for _, name := range names[:max(len(names)-kept, 0)] {
		if err := os.Remove(filepath.Join(f.dir, name)); err != nil {
			return fmt.Errorf("removing older evidence: %w", err)
		}
	}
	return nil
}
