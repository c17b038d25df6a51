// Package cmd is the command line: one verb a file, flags in, one plain function called, its result printed.
package cmd

import (
	"context"
	"log"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/helm-chart-factory/factory/factory/console"
)

// app is what every command is given: the streams and the flags that all commands share.
type app struct {
	*console.Streams
	dir     string
	output  string
	noColor bool
}

// Execute runs the command line and returns the exit code: 0 done, 1 failed, 2 the command or a spec is wrong,
// 3 drift, 130 interrupted.
func Execute(ctx context.Context, args []string, streams *console.Streams) int {
	a := &app{Streams: streams}
	root := newRoot(a)
	root.SetArgs(args)
	root.SetIn(streams.In)
	root.SetOut(streams.Out)
	root.SetErr(streams.Err)
	log.SetOutput(helmLog{streams.Err})
	c, err := root.ExecuteContextC(ctx)
	if isCobraUsage(err) {
		err = usageError("%v\nsee: %s --help", err, c.CommandPath())
	}
	return a.report(ctx, err)
}

func newRoot(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:   "factory",
		Short: "From short service specs to Helm charts and a running release",
		Long: `factory reads one short service.yaml per service and derives the rest: plain, hardened
Helm charts, an umbrella chart, images in a registry, certificates and a release.`,
		Example: `  factory sync                 # specs -> umbrella-chart/
  factory up                   # everything, on this machine
  factory deploy               # release the umbrella chart`,
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(c *cobra.Command, _ []string) error {
			if a.noColor {
				a.Color, a.ColorOut = false, false
			}
			if formats := outputs(c); !slices.Contains(formats, a.output) {
				last := len(formats) - 1
				return usageError("unknown output %q: want %s or %s", a.output, strings.Join(formats[:last], ", "), formats[last])
			}
			return nil
		},
	}
	root.PersistentFlags().StringVarP(&a.dir, "directory", "C", ".", "work on the project in `DIR`")
	root.PersistentFlags().StringVarP(&a.output, "output", "o", "text", "print results as `FORMAT`: text or json")
	root.PersistentFlags().BoolVar(&a.noColor, "no-color", false, "plain lines without colour")
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usageError("%v\nsee: %s --help", err, c.CommandPath())
	})
	root.AddCommand(commands(a)...)
	return root
}

// moreOutputs is the annotation of a command that prints results in more forms than all do, with a comma between them.
const moreOutputs = "factory/outputs"

// outputs are the forms in which a command prints results.
func outputs(c *cobra.Command) []string {
	formats := []string{"text", "json"}
	if more := c.Annotations[moreOutputs]; more != "" {
		formats = append(formats, strings.Split(more, ",")...)
	}
	return formats
}
