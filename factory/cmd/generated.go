package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"

	"github.com/spf13/cobra"

	"github.com/helm-chart-factory/factory/factory/console"
	"github.com/helm-chart-factory/factory/factory/files"
	"github.com/helm-chart-factory/factory/factory/spec"
	"github.com/helm-chart-factory/factory/factory/umbrella"
	"github.com/helm-chart-factory/factory/templates"
)

// generate does what generate, generate-all and sync have in common.
func (a *app) generate(ctx context.Context, r umbrella.Request) error {
	if r.Check && r.Force {
		return usageError("--check writes nothing, so there is nothing to --force: leave one of them out")
	}
	defer collectLate()()
	r.Waiting = func() { fmt.Fprintln(a.Err, "waiting for another factory that writes here…") }
	plan, err := umbrella.Generate(ctx, a.dir, templates.Files, r)
	var upgrade *umbrella.UpgradeError
	if errors.As(err, &upgrade) && r.Check {
		return errors.Join(a.printPlan(upgrade.Plan, written{umbrella.Dir, r.Check, r.Force}), err)
	}
	if err != nil {
		return err
	}
	return a.finish(plan, written{umbrella.Dir, r.Check, r.Force}, "factory sync")
}

// written is how a generated folder was written, or compared.
type written struct {
	dir          string
	check, force bool
}

// finish prints what a run found in a folder, and is an error where it only looked and something differs.
func (a *app) finish(plan *files.Plan, w written, next string) error {
	if plan.Interrupted && !w.check {
		fmt.Fprintln(a.Err, "an earlier run was cut off; this one finished it")
	}
	if err := a.printPlan(plan, w); err != nil {
		return err
	}
	if w.check && !plan.Clean() {
		if slices.ContainsFunc(plan.Changes, func(c files.Change) bool { return c.State == files.Edited || c.State == files.Extra }) {
			next += ", with --force to give up what was changed or put there by hand"
		}
		return drifted{dir: w.dir, interrupted: plan.Interrupted, changes: len(plan.Changes), next: next}
	}
	return nil
}

// collectLate keeps the garbage collector out of a short run, up to an amount of memory that no machine misses: for a thousand
// services that is a fifth of the time. It returns what sets it back.
func collectLate() (restore func()) {
	const enough = 200 << 20
	limit := debug.SetMemoryLimit(enough)
	percent := debug.SetGCPercent(-1)
	return func() {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(limit)
	}
}

func (a *app) printPlan(plan *files.Plan, w written) error {
	if a.output == "json" {
		return json.NewEncoder(a.Out).Encode(newReport(plan, w))
	}
	count := map[files.State]int{}
	for _, change := range plan.Changes {
		count[change.State]++
		path := w.dir + "/" + change.Path
		switch {
		case w.check:
			fmt.Fprintf(a.Out, "%-8s %s%s\n", change.State, path, difference(change))
		case change.State == files.Extra && !w.force:
			fmt.Fprintf(a.Err, "%s%s is not generated; it stays, and Helm will see it\n", a.Paint(console.Yellow, "note: "), path)
		}
	}
	removed := count[files.Gone]
	if w.force {
		removed += count[files.Extra]
	}
	if !w.check {
		fmt.Fprintf(a.Out, "%s: %d written, %d removed, %d unchanged\n", w.dir,
			count[files.Missing]+count[files.Stale]+count[files.Edited], removed, plan.Unchanged)
	} else if plan.Clean() {
		fmt.Fprintf(a.Out, "%s: %d files are as the specs say\n", w.dir, plan.Unchanged)
	}
	return nil
}

// difference shows the first line that differs, for a file that is there and should be.
func difference(change files.Change) string {
	if change.Before == nil || change.After == nil {
		return ""
	}
	d := files.Diff(change.Before, change.After)
	text := fmt.Sprintf("  line %d: %d removed, %d added", d.Line, d.Removed, d.Added)
	if d.Removed > 0 {
		text += "\n           - " + d.Before
	}
	if d.Added > 0 {
		text += "\n           + " + d.After
	}
	return text
}

// report is the result for programs.
type report struct {
	Changes     []reported `json:"changes"`
	Unchanged   int        `json:"unchanged"`
	Interrupted bool       `json:"interrupted,omitempty"`
	Written     bool       `json:"written"`
}

type reported struct {
	Path  string      `json:"path"`
	State files.State `json:"state"`
}

func newReport(plan *files.Plan, w written) report {
	out := report{Changes: []reported{}, Unchanged: plan.Unchanged, Interrupted: plan.Interrupted, Written: !w.check}
	for _, change := range plan.Changes {
		out.Changes = append(out.Changes, reported{w.dir + "/" + change.Path, change.State})
	}
	return out
}

// drifted is what --check ends with when something differs.
type drifted struct {
	dir         string
	interrupted bool
	changes     int
	next        string
}

func (d drifted) Error() string {
	text := fmt.Sprintf("%d files in %s are not as the specs say", d.changes, d.dir)
	if d.changes == 1 {
		text = fmt.Sprintf("1 file in %s is not as the specs say", d.dir)
	}
	if d.interrupted {
		text += ", and a run that wrote them was cut off"
	}
	return text + "\nnext: " + d.next
}

// Drift says that what is on disk is not what the specs say.
func (d drifted) Drift() bool { return true }

// completeServices offers the names of the project's services to the shell.
func (a *app) completeServices(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	p, err := spec.Load(a.dir)
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	return serviceNames(p), cobra.ShellCompDirectiveNoFileComp
}
