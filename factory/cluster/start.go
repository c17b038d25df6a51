package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/helm-chart-factory/factory/factory/console"
	"github.com/helm-chart-factory/factory/factory/machine"
	"github.com/helm-chart-factory/factory/factory/paths"
)

// StartOptions says what to start. The zero value starts a node from the source in the working directory.
type StartOptions struct {
	// Dir is a folder that may hold the cluster/ source.
	Dir string
	// NoNode leaves the node out: the API server, its controllers and etcd, without root.
	NoNode bool
	// RegistryPort of the host's loopback is reachable from inside the node under the same address; 0 means 5000.
	RegistryPort int
}

// BuildSteps lists what builds the cluster's program and its add-on images from the source in dir.
func BuildSteps(dir string) []console.Step {
	program := new(Program)
	return []console.Step{programStep(dir, program), imagesStep(program)}
}

// StartSteps lists what brings the cluster up: its program, what the machine must have, its add-on images, the start.
func StartSteps(opts StartOptions) []console.Step {
	program := new(Program)
	start := console.Step{
		Name: "cluster",
		Do: func(ctx context.Context, say console.Reporter) error {
			return program.Run(ctx, io.Discard, console.LineWriter(say), opts.arguments()...)
		},
		Next: "factory cluster status; its logs are in " + filepath.Join(paths.Home(), "cluster", paths.Instance(), "logs"),
	}
	if opts.NoNode {
		return []console.Step{programStep(opts.Dir, program), start}
	}
	return []console.Step{programStep(opts.Dir, program), packagesStep(program), imagesStep(program), start}
}

func programStep(dir string, program *Program) console.Step {
	return console.Step{
		Name: "cluster program",
		Do: func(ctx context.Context, say console.Reporter) error {
			found, err := Find(ctx, dir, console.LineWriter(say))
			if err != nil {
				return err
			}
			*program = *found
			return nil
		},
	}
}

func packagesStep(program *Program) console.Step {
	return console.Step{
		Name: "packages for the node",
		Done: func(ctx context.Context, say console.Reporter) (bool, error) {
			names, err := program.lines(ctx, "apt-packages")
			if err != nil {
				return false, err
			}
			missing := machine.MissingPackages(ctx, names...)
			if len(missing) > 0 {
				say("missing: %s", strings.Join(missing, " "))
			}
			return len(missing) == 0, nil
		},
		Do: func(ctx context.Context, say console.Reporter) error {
			names, err := program.lines(ctx, "apt-packages")
			if err != nil {
				return err
			}
			return machine.InstallPackages(ctx, say, names...)
		},
	}
}

func imagesStep(program *Program) console.Step {
	return console.Step{
		Name: "add-on images",
		Do: func(ctx context.Context, say console.Reporter) error {
			if program.Source == "" {
				say("no source here: using those in %s", filepath.Join(paths.Cache(), "images"))
				return nil
			}
			return program.Run(ctx, io.Discard, console.LineWriter(say), "addons", "build", "--source", filepath.Join(program.Source, "addons"))
		},
	}
}

func (o StartOptions) arguments() []string {
	args := []string{"start", "--name", paths.Instance()}
	if o.NoNode {
		args = append(args, "--no-node")
	}
	if o.RegistryPort != 0 {
		args = append(args, "--registry-port", fmt.Sprint(o.RegistryPort))
	}
	if file := paths.Registries(); file != "" {
		args = append(args, "--registries", file)
	}
	return args
}

// Exec runs the program on the given streams, as if it had been called itself.
func (p *Program) Exec(ctx context.Context, in io.Reader, out, err io.Writer, args ...string) error {
	command := p.Command(ctx, args...)
	command.Stdin, command.Stdout, command.Stderr = in, out, err
	if runErr := command.Run(); runErr != nil {
		return fmt.Errorf("factory-cluster %s: %w", args[0], runErr)
	}
	return nil
}

// lines returns the words that the program prints, one a line.
func (p *Program) lines(ctx context.Context, args ...string) ([]string, error) {
	var out bytes.Buffer
	if err := p.Run(ctx, &out, io.Discard, args...); err != nil {
		return nil, err
	}
	return strings.Fields(out.String()), nil
}

// StopOptions says how to stop this host's cluster.
type StopOptions struct {
	Dir string
	// Purge deletes the cluster's data, volumes included.
	Purge    bool
	Progress io.Writer
}

// Stop stops this host's cluster; one that was never started, or whose program was never built, needs nothing.
func Stop(ctx context.Context, opts StopOptions) error {
	state := filepath.Join(paths.Home(), "cluster", paths.Instance())
	if _, err := os.Stat(state); errors.Is(err, os.ErrNotExist) {
		fmt.Fprintln(opts.Progress, "no cluster was started here")
		return nil
	}
	program, err := FindBuilt(ctx, opts.Dir, opts.Progress)
	if err != nil {
		return err
	}
	args := []string{"stop", "--name", paths.Instance()}
	if opts.Purge {
		args = append(args, "--purge")
	}
	return program.Run(ctx, io.Discard, opts.Progress, args...)
}
