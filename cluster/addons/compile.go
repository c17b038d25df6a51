package addons

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// reportEvery is the pause between progress lines while one program is compiled.
const reportEvery = 15 * time.Second

// compiler is the Go toolchain of this machine.
type compiler struct {
	path    string
	version string
	out     io.Writer
}

// compilation is one program to build in an add-on's module.
type compilation struct {
	label   string
	module  string
	modfile string
	pkg     string
	ldflags string
	output  string
}

func newCompiler(ctx context.Context, out io.Writer) (*compiler, error) {
	path, err := exec.LookPath("go")
	if err != nil {
		// The official archive unpacks there and leaves PATH to its user.
		path = "/usr/local/go/bin/go"
		if _, err := os.Stat(path); err != nil {
			return nil, errors.New("the add-ons are compiled from Go modules and there is no `go` on the PATH: install Go, then run this again")
		}
	}
	c := &compiler{path: path, out: out}
	version, err := c.output(ctx, ".", "env", "GOVERSION")
	c.version = strings.TrimSpace(version)
	return c, err
}

// command prepares the go command in dir with the settings that make a program depend on its sources only.
func (c *compiler) command(ctx context.Context, dir string, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, c.path, args...)
	command.Dir = dir
	command.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOWORK=off")
	// Interrupted, the go command ends its children and removes its work directory; killed, it does neither.
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = 10 * time.Second
	return command
}

// output runs the go command in dir and returns what it prints.
func (c *compiler) output(ctx context.Context, dir string, args ...string) (string, error) {
	var message strings.Builder
	command := c.command(ctx, dir, args...)
	command.Stderr = &message
	printed, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("running go %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(message.String()))
	}
	return string(printed), nil
}

// compile builds one program and reports how far it is.
func (c *compiler) compile(ctx context.Context, job compilation) error {
	args := []string{"build", "-v", "-buildvcs=false", "-trimpath", "-ldflags", strings.TrimSpace("-s -w " + job.ldflags), "-o", job.output}
	if job.modfile != "" {
		args = append(args, "-modfile="+job.modfile)
	}
	command := c.command(ctx, job.module, append(args, job.pkg)...)
	reader, writer, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("making a pipe: %w", err)
	}
	defer reader.Close()
	command.Stdout, command.Stderr = writer, writer
	if err := command.Start(); err != nil {
		writer.Close()
		return fmt.Errorf("starting go: %w", err)
	}
	writer.Close()
	follow := c.follow(reader, job)
	err = command.Wait()
	message := follow()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("compiling %s in %s: %w\n%s", job.pkg, job.module, err, message)
	}
	return nil
}

// follow reads the go command's lines (with -v, the name of each package that it compiles) and reports their number
// from time to time. The function that it returns waits for the end and returns the lines that are messages.
func (c *compiler) follow(lines io.Reader, job compilation) func() string {
	var mu sync.Mutex
	var packages int
	var messages []string
	read, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(read)
		for scanner := bufio.NewScanner(lines); scanner.Scan(); {
			mu.Lock()
			if line := scanner.Text(); isPackage(line) {
				packages++
			} else if !strings.HasPrefix(line, "go: downloading ") {
				messages = append(messages, line)
			}
			mu.Unlock()
		}
	}()
	begin := time.Now()
	go func() {
		defer close(done)
		fmt.Fprintf(c.out, "%s: compiling %s\n", job.label, filepath.Base(job.output))
		for tick := time.NewTicker(reportEvery); ; {
			select {
			case <-read:
				tick.Stop()
				return
			case <-tick.C:
				mu.Lock()
				fmt.Fprintf(c.out, "%s: compiling %s, %d packages, %s\n", job.label, filepath.Base(job.output), packages, elapsed(begin))
				mu.Unlock()
			}
		}
	}()
	return func() string {
		<-done
		return strings.Join(messages[max(0, len(messages)-20):], "\n")
	}
}

// isPackage says whether a line is an import path and nothing else.
func isPackage(line string) bool {
	return line != "" && !strings.ContainsAny(line, " \t:") && !strings.HasPrefix(line, "#")
}
