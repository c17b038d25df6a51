package k3s

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/pmezard/go-difflib/difflib"
)

// DefaultFile is where k3s looks for registries.
const DefaultFile = "/etc/rancher/k3s/registries.yaml"

// Options say what to merge where.
type Options struct {
	File    string // empty: DefaultFile, where there is a k3s
	Mirrors []Mirror
	DryRun  bool
	Host    Host // what is known of this machine's k3s
	Now     func() time.Time
}

// Result is what Configure did.
type Result struct {
	File      string `json:"file,omitempty"`
	Changed   bool   `json:"changed"`
	Backup    string `json:"backup,omitempty"`
	Restarted string `json:"restarted,omitempty"` // the service that was restarted
	Diff      string `json:"diff,omitempty"`      // unified; what changed, or would
	Note      string `json:"note,omitempty"`
}

// Configure merges the mirrors into the file and restarts k3s when that changed the file that it reads. Where there is
// no k3s and no file is named, nothing is done. The old file is kept beside the new one.
func Configure(ctx context.Context, o Options) (Result, error) {
	result := Result{File: o.File}
	if o.File == "" {
		if !o.Host.Installed() {
			return Result{Note: "there is no k3s on this machine: nothing to configure"}, nil
		}
		result.File = DefaultFile
	}
	// A link stays one: what it leads to is replaced.
	target, err := filepath.EvalSymlinks(result.File)
	if errors.Is(err, fs.ErrNotExist) {
		target, err = result.File, nil
	}
	if err != nil {
		return Result{}, err
	}
	old, err := os.ReadFile(target)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Result{}, hint(err)
	}
	merged, err := Merge(result.File, old, o.Mirrors)
	if err != nil {
		return Result{}, err
	}
	if bytes.Equal(old, merged) {
		return result, nil
	}
	result.Changed = true
	if result.Diff, err = diff(result.File, old, merged); err != nil || o.DryRun {
		return result, err
	}
	if result.Backup, err = replace(target, old, merged, o.Now()); err != nil {
		return Result{}, hint(err)
	}
	if result.File != DefaultFile {
		return result, nil
	}
	result.Restarted, result.Note, err = o.Host.Restart(ctx)
	return result, err
}

func hint(err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("%w\nnext: run it as root (sudo), the file belongs to k3s", err)
	}
	return err
}

func diff(file string, old, merged []byte) (string, error) {
	return difflib.GetUnifiedDiffString(difflib.UnifiedDiff{
		A: lines(old), B: lines(merged),
		FromFile: file, ToFile: file + " (merged)", Context: 3,
	})
}

func lines(content []byte) []string {
	var all []string
	for line := range strings.Lines(string(content)) {
		all = append(all, strings.TrimRight(line, "\r\n")+"\n")
	}
	return all
}

// replace puts content at path in one step. What was there is kept under the returned name, with its mode and owner, as
// it may hold credentials; a new file is readable by its owner only.
func replace(path string, old, content []byte, now time.Time) (backup string, err error) {
	mode, owner := fs.FileMode(0o600), -1
	group := -1
	info, err := os.Stat(path)
	switch {
	case err == nil:
		mode = info.Mode().Perm()
		if stat, ok := info.Sys().(*syscall.Stat_t); ok {
			owner, group = int(stat.Uid), int(stat.Gid)
		}
		backup = path + "." + now.UTC().Format("20060102T150405Z") + ".bak"
		if err := writeNew(backup, old, mode, owner, group); err != nil {
			return "", fmt.Errorf("keeping a copy of %s: %w", path, err)
		}
	case errors.Is(err, fs.ErrNotExist):
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return "", err
		}
	default:
		return "", err
	}
	return backup, writeNew(path, content, mode, owner, group)
}

func writeNew(path string, content []byte, mode fs.FileMode, owner, group int) error {
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.new") // 0600 until it is complete
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	_, err = file.Write(content)
	if err == nil && owner >= 0 {
		err = file.Chown(owner, group)
	}
	if err == nil {
		err = file.Chmod(mode)
	}
	if err == nil {
		err = file.Sync()
	}
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}
