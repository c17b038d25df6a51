// Package cli is the command line of factory-cluster.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/helm-chart-factory/factory/cluster/internal/instance"
)

// Streams are where results (Out) and messages (Err) go.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}

// Component runs one of the linked programs; ok is false when there is none of that name.
type Component func(name string, args []string) (code int, ok bool)

// target holds the flags that say which instance is meant.
type target struct{ name, dir string }

func (t *target) register(command *cobra.Command) {
	name := os.Getenv("FACTORY_INSTANCE")
	if name == "" {
		name = "factory"
	}
	command.PersistentFlags().StringVar(&t.name, "name", name, "name of the cluster (default from FACTORY_INSTANCE)")
	command.PersistentFlags().StringVar(&t.dir, "state", "", "its state directory (default $FACTORY_HOME/cluster/NAME)")
}

func (t *target) instance() (instance.Instance, error) {
	inst, err := instance.New(t.name, t.dir)
	if err != nil {
		return inst, usageError{err}
	}
	return inst, nil
}

// usageError is a mistake in how a command was called: exit code 2.
type usageError struct{ error }

// Main runs the command line and returns the exit code.
func Main(ctx context.Context, args []string, streams Streams, component Component) int {
	root := newRoot(streams, component)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	var usage usageError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &usage):
		fmt.Fprintf(streams.Err, "error: %v\n", err)
		return 2
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(streams.Err, "interrupted")
		return 130
	default:
		fmt.Fprintf(streams.Err, "error: %v\n", err)
		return 1
	}
}

func newRoot(streams Streams, component Component) *cobra.Command {
	root := &cobra.Command{
		Use:           "factory-cluster",
		Short:         "A real one-node Kubernetes for machines that have none",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          func(command *cobra.Command, _ []string) error { return command.Help() },
	}
	root.SetIn(streams.In)
	root.SetOut(streams.Out)
	root.SetErr(streams.Err)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	t := &target{}
	t.register(root)
	root.AddCommand(
		newStart(t, streams),
		newStop(t, streams),
		newStatus(t, streams),
		newKubeconfig(t, streams),
		newKubectl(streams, component),
		newReload(t, streams),
		newImages(t, streams),
		newCheck(streams),
		newAptPackages(streams),
		newAddons(streams),
	)
	return root
}
