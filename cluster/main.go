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
	os.Exit(run(filepath.Base(os.Args[0]), os.Args[1:]))
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
