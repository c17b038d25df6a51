// factory-cluster is a real one-node Kubernetes for machines that have none, in one binary.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/helm-chart-factory/factory/cluster/internal/cli"
	"github.com/helm-chart-factory/factory/cluster/internal/component"
	"github.com/helm-chart-factory/factory/cluster/internal/supervisor"
)

func main() {
	program, args := filepath.Base(os.Args[0]), os.Args[1:]
	nameProcess(program, args)
	os.Exit(run(program, args))
}

// nameProcess gives a process that was started through /proc/self/exe, and would be called "exe", the name of what it runs.
func nameProcess(program string, args []string) {
	comm, err := os.ReadFile("/proc/self/comm")
	if err != nil || string(comm) != "exe\n" {
		return
	}
	if len(args) > 0 && component.Is(args[0]) {
		program = args[0]
	}
	// Only a name: whoever looks for it finds the arguments otherwise.
	_ = os.WriteFile("/proc/self/comm", []byte(program), 0)
}

func run(program string, args []string) int {
	if program == "kubectl" {
		code, err := cli.Kubectl(args, component.Run)
		if err != nil {
			fmt.Fprintf(os.Stderr, "error: %v\n", err)
		}
		return code
	}
	if len(args) > 0 && args[0] == supervisor.Command {
		return supervisor.Main(args[1:])
	}
	if len(args) > 0 && args[0] == supervisor.NodeCommand {
		return supervisor.NodeMain(args[1:])
	}
	// kubectl is a command of ours: it chooses the cluster first.
	if len(args) > 0 && args[0] != "kubectl" {
		if code, ok := component.Run(args[0], args[1:]); ok {
			return code
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return cli.Main(ctx, args, cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}, component.Run)
}
