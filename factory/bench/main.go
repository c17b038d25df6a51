// Command bench measures the figures that README.md quotes, each beside the thing it is compared with, on the machine
// it runs on. Both sides run in turn, several times; the median of the CPU time (user and system) counts.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"text/tabwriter"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: bench FACTORY HELM    (paths of the two programs)")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(factory, helm string) error {
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
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	defer table.Flush()
	fmt.Fprintln(table, "what\tfactory\tagainst\tratio\twanted")
	for _, measure := range []func(string, string, string) ([]row, error){syncFigures, templateFigures, helpFigures} {
		rows, err := measure(dir, factory, helm)
		if err != nil {
			return err
		}
		for _, r := range rows {
			fmt.Fprintf(table, "%s\t%s\t%s\t%.2f\t%s\n", r.what, r.ours, r.theirs, r.ours.cpu.Seconds()/r.theirs.cpu.Seconds(), r.wanted)
		}
		table.Flush()
	}
	if err := releaseFigures(table, dir, factory); err != nil {
		fmt.Fprintf(os.Stderr, "left out: big releases: %v\n", err)
	}
	table.Flush()
	ours, theirs, ratios, err := deployFigures(dir, factory, helm)
	if err != nil {
		fmt.Fprintf(os.Stderr, "left out: from deploy to Ready: %v\n", err)
		return nil
	}
	fmt.Fprintf(table, "from deploy to Ready, against helm --wait\t%.2fs\t%.2fs\t%.2f (%d pairs, %.2f to %.2f)\t<= 1.1\n",
		ours.Seconds(), theirs.Seconds(), ratios[len(ratios)/2], len(ratios), ratios[0], ratios[len(ratios)-1])
	return nil
}

// row is one line of the table: our run, the run that it is measured against, and the ratio to reach.
type row struct {
	what         string
	ours, theirs sample
	wanted       string
}
