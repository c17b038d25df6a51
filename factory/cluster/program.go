// Package cluster drives factory-cluster, the program of the cluster/ module: a real one-node Kubernetes for machines
// that have none. It is a program of its own because Kubernetes, linked in here, would make every command of factory slow.
package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/helm-chart-factory/factory/factory/paths"
)

// Program is a factory-cluster that can be run.
type Program struct {
	// Path of the executable.
	Path string
	// Source is the cluster/ folder that it was built from; empty when only the executable is here.
	Source string
}

// NotFoundError says that there is neither the program nor its source.
type NotFoundError struct{ Looked []string }

func (e *NotFoundError) Error() string {
	return fmt.Sprintf("factory-cluster is neither built nor buildable here (looked in %s)\nnext: run this in a checkout of factory, or name the program in FACTORY_CLUSTER",
		strings.Join(e.Looked, ", "))
}

// Find returns the program, built when its source is at hand and newer. $FACTORY_CLUSTER names one outright; else the
// source is cluster/ in dir, or beside the folder of this executable; else one that was built before serves.
// Build output goes to log. The first build takes minutes.
func Find(ctx context.Context, dir string, log io.Writer) (*Program, error) {
	if path := os.Getenv("FACTORY_CLUSTER"); path != "" {
		return &Program{Path: path}, nil
	}
	built := builtProgram()
	source := findSource(dir)
	if source == "" {
		if _, err := os.Stat(built); err != nil {
			return nil, &NotFoundError{Looked: []string{"$FACTORY_CLUSTER", built, filepath.Join(dir, "cluster")}}
		}
		return &Program{Path: built}, nil
	}
	build := exec.CommandContext(ctx, filepath.Join(source, "build.sh"), built)
	build.Stdout, build.Stderr = log, log
	stopGently(build)
	if err := build.Run(); err != nil {
		return nil, fmt.Errorf("building factory-cluster from %s: %w", source, err)
	}
	return &Program{Path: built, Source: source}, nil
}

// FindBuilt returns the program as it was last built, even where its source is newer: to ask and to stop a cluster, the
// program that started it is the right one. Only where there is none it is built.
func FindBuilt(ctx context.Context, dir string, log io.Writer) (*Program, error) {
	if built := builtProgram(); os.Getenv("FACTORY_CLUSTER") == "" {
		if _, err := os.Stat(built); err == nil {
			return &Program{Path: built, Source: findSource(dir)}, nil
		}
	}
	return Find(ctx, dir, log)
}

func builtProgram() string { return filepath.Join(paths.Cache(), "bin", "factory-cluster") }

// findSource returns the cluster/ folder of dir or of this program's own checkout, or "".
func findSource(dir string) string {
	candidates := []string{filepath.Join(dir, "cluster")}
	if executable, err := os.Executable(); err == nil {
		candidates = append(candidates, filepath.Join(filepath.Dir(executable), "..", "cluster"))
	}
	for _, candidate := range candidates {
		if _, err := os.Stat(filepath.Join(candidate, "build.sh")); err == nil {
			absolute, err := filepath.Abs(candidate)
			if err == nil {
				return absolute
			}
		}
	}
	return ""
}

// Command prepares a run of the program against this host's instance, its streams unset.
func (p *Program) Command(ctx context.Context, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, p.Path, args...)
	command.Env = append(os.Environ(), "FACTORY_CLUSTER_COMMAND=factory cluster") // what its messages tell a person to type
	stopGently(command)
	return command
}

// Run runs the program, its progress lines going to progress and its results to out.
func (p *Program) Run(ctx context.Context, out, progress io.Writer, args ...string) error {
	command := p.Command(ctx, args...)
	var tail bytes.Buffer
	command.Stdout, command.Stderr = out, io.MultiWriter(progress, &tail)
	if err := command.Run(); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("factory-cluster %s: %w", args[0], explain(err, tail.String()))
	}
	return nil
}

// explain prefers what the program itself said of its failure to its exit status.
func explain(err error, said string) error {
	if i := strings.LastIndex(said, "error: "); i >= 0 {
		return errors.New(strings.TrimSpace(said[i+len("error: "):]))
	}
	return err
}

// Status is what `factory-cluster status -o json` tells.
type Status struct {
	Name       string `json:"name"`
	Running    bool   `json:"running"`
	Node       bool   `json:"node"`
	Ready      bool   `json:"ready"`
	Kubeconfig string `json:"kubeconfig"`
	NodeIP     string `json:"nodeIP"`
	// Ingress is the address that ports 80 and 443 of the cluster's ingress answer on: 127.0.0.1 or the node's.
	Ingress string `json:"ingress"`
	Server  string `json:"server"`
	PID     int    `json:"pid"`
}

// IngressAddress is where ports 80 and 443 of the cluster's ingress answer on this machine.
func (s *Status) IngressAddress() string {
	if s.Ingress != "" {
		return s.Ingress
	}
	return s.NodeIP
}

// Status asks the program how the instance is. An instance that was never started is not running.
func (p *Program) Status(ctx context.Context) (*Status, error) {
	var out, said bytes.Buffer
	command := p.Command(ctx, "status", "--name", paths.Instance(), "-o", "json")
	command.Stdout, command.Stderr = &out, &said
	runErr := command.Run()
	var status Status
	if err := json.Unmarshal(out.Bytes(), &status); err != nil {
		if runErr != nil {
			err = explain(runErr, said.String())
		}
		return nil, fmt.Errorf("reading the status of the cluster: %w", err)
	}
	return &status, nil
}

// stopGently lets an interrupted command clean up before it is killed.
func stopGently(command *exec.Cmd) {
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	command.WaitDelay = 20 * time.Second
}
