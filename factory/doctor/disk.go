package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// leastFree is what building an image or writing a cluster's state may take in one go.
const leastFree = 512 << 20

// disk looks at the file systems that factory writes to.
func (e *examination) disk(context.Context) Verdict {
	var problems []Problem
	var seen []fileSystem
	var free []string
	for _, folder := range e.Folders {
		system, err := fileSystemOf(folder)
		if err != nil {
			problems = append(problems, Problem{
				Saw: fmt.Sprintf("%s: %v", folder, err), Why: "factory keeps its work there",
				Fix: "make " + folder + " a folder that you may write to",
			})
			continue
		}
		if slices.ContainsFunc(seen, func(s fileSystem) bool { return s.id == system.id }) {
			continue
		}
		seen = append(seen, system)
		free = append(free, fmt.Sprintf("%s free for %s", size(system.free), folder))
		if system.free < leastFree || system.noFiles {
			problems = append(problems, Problem{
				Saw: fmt.Sprintf("%s has %s free%s", folder, size(system.free), system.inodes()),
				Why: "charts, images and the embedded cluster's state are written there, and a write that does not fit fails half-way",
				Fix: fmt.Sprintf("free at least %s: du -xh -d 1 %s | sort -h", size(leastFree), folder),
			})
		}
	}
	if len(problems) > 0 {
		return failed("the disk is full", problems...)
	}
	return passed("%s", strings.Join(free, ", "))
}

type fileSystem struct {
	id      syscall.Fsid
	free    uint64
	noFiles bool
}

func (f fileSystem) inodes() string {
	if f.noFiles {
		return " and room for no more files"
	}
	return ""
}

// fileSystemOf describes where a folder lies, or will lie once it is made.
func fileSystemOf(folder string) (fileSystem, error) {
	for {
		var stat syscall.Statfs_t
		err := syscall.Statfs(folder, &stat)
		if errors.Is(err, fs.ErrNotExist) && folder != filepath.Dir(folder) {
			folder = filepath.Dir(folder)
			continue
		}
		if err != nil {
			return fileSystem{}, err
		}
		return fileSystem{
			id: stat.Fsid, free: stat.Bavail * uint64(stat.Bsize),
			noFiles: stat.Files > 0 && stat.Ffree == 0, // some file systems do not count files
		}, nil
	}
}

// size writes bytes in the unit that people know a disk by.
func size(bytes uint64) string {
	const mi, gi = 1 << 20, 1 << 30
	if bytes < gi {
		return fmt.Sprintf("%d MiB", bytes/mi)
	}
	return fmt.Sprintf("%d GiB", bytes/gi)
}
