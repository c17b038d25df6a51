package image

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/helm-chart-factory/factory/factory/console"
)

// buildLog keeps everything that an engine prints in a file, and tells a person the steps only.
type buildLog struct {
	io.Writer
	file *keptFile
}

// keptFile takes what it cannot write, too: an engine whose output cannot be written is killed in the middle of its work.
type keptFile struct {
	*os.File
	failed error // the first write that failed
}

// Write implements io.Writer.
func (f *keptFile) Write(data []byte) (int, error) {
	if f.failed == nil {
		_, f.failed = f.File.Write(data)
	}
	return len(data), nil
}

func openLog(cache, service string, say console.Reporter) (*buildLog, error) {
	dir := filepath.Join(cache, "logs")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	// Build arguments may be printed, so nobody else reads it.
	file, err := os.OpenFile(filepath.Join(dir, service+".log"), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	step := regexp.MustCompile(`^(\[\d+/\d+\] )?(STEP|Step) \d+/\d+:? |^#\d+ \[`)
	progress := console.LineWriter(func(format string, args ...any) {
		if line := fmt.Sprintf(format, args...); step.MatchString(line) {
			say("%s", line)
		}
	})
	kept := &keptFile{File: file}
	return &buildLog{io.MultiWriter(kept, progress), kept}, nil
}

func (l *buildLog) close() error { return l.file.Close() }

// whole returns an error when something that the engine printed is not in the file.
func (l *buildLog) whole() error {
	if l.file.failed == nil {
		return nil
	}
	return fmt.Errorf("keeping the log of the build: %w", l.file.failed)
}

// explain adds the end of the log to an engine's failure, which says little by itself.
func (l *buildLog) explain(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if lost := l.whole(); lost != nil {
		return errors.Join(err, lost)
	}
	content, readErr := os.ReadFile(l.file.Name())
	if readErr != nil {
		return err
	}
	const shown = 20
	lines := strings.Split(strings.TrimSpace(string(content)), "\n")
	lines = lines[max(0, len(lines)-shown):]
	return fmt.Errorf("%w\n  %s\nlog: %s", err, strings.Join(lines, "\n  "), l.file.Name())
}
