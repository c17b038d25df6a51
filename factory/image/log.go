package image

import (
	"context"
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
	file *os.File
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
	return &buildLog{io.MultiWriter(file, progress), file}, nil
}

func (l *buildLog) close() error { return l.file.Close() }

// explain adds the end of the log to an engine's failure, which says little by itself.
func (l *buildLog) explain(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
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
