// Command bench measures the figures that docs/figures.md quotes, each beside the thing it is compared with, on the machine
// it runs on. Both sides run in turn, several times; the median counts.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"text/tabwriter"
)

// bench is what a measure needs: a place for its files, the two programs, and where its lines go.
type bench struct {
	dir, factory, helm string
	out                io.Writer
}

// measure is one of them, by the name that the command line takes.
type measure struct {
	name string
	run  func(bench) error
}

func measures() []measure {
	return []measure{
		{"sync", table(syncFigures)},
		{"template", table(templateFigures)},
		{"help", table(helpFigures)},
		{"release", releaseFigures},
		{"deploy", deployFigures},
	}
}

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: bench FACTORY HELM [sync|template|help|release|deploy]...    (paths of the two programs)")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2], os.Args[3:]); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(factory, helm string, only []string) error {
	factory, err := filepath.Abs(factory)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("/dev/shm", "factory-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	// helm looks into these homes; empty ones keep a person's plugins and repositories out of the figures.
	for _, name := range []string{"HELM_CONFIG_HOME", "HELM_CACHE_HOME", "HELM_DATA_HOME"} {
		os.Setenv(name, filepath.Join(dir, name))
	}
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "what\tfactory\tagainst\tratio\twanted")
	for _, measure := range measures() {
		if len(only) > 0 && !slices.Contains(only, measure.name) {
			continue
		}
		err := measure.run(bench{dir: dir, factory: factory, helm: helm, out: out})
		out.Flush()
		if missing := (*missingError)(nil); errors.As(err, &missing) {
			fmt.Fprintf(os.Stderr, "left out: %s: %v\n", measure.name, err)
		} else if err != nil {
			return err
		}
	}
	return nil
}

// missingError says that this machine lacks what a measure needs.
type missingError struct{ err error }

func (e *missingError) Error() string { return e.err.Error() }

// table prints the rows of a measure.
func table(measure func(dir, factory, helm string) ([]row, error)) func(bench) error {
	return func(b bench) error {
		rows, err := measure(b.dir, b.factory, b.helm)
		for _, r := range rows {
			fmt.Fprintf(b.out, "%s\t%s\t%s\t%.2f\t%s\n", r.what, r.ours, r.theirs, r.ours.cpu.Seconds()/r.theirs.cpu.Seconds(), r.wanted)
		}
		return err
	}
}

// row is one line of the table: our run, the run that it is measured against, and the ratio to reach.
type row struct {
	what         string
	ours, theirs sample
	wanted       string
}
