package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/helm-chart-factory/factory/factory/console"
	"github.com/helm-chart-factory/factory/factory/deploy"
	"github.com/helm-chart-factory/factory/factory/deploy/rollout"
	"github.com/helm-chart-factory/factory/factory/dev"
)

const (
	// shownChanges is how many changed files a round names.
	shownChanges = 3
	// lasting is how long something has to be wrong with a pod before a round under way says so: much passes by itself.
	lasting = 3 * time.Second
)

// Began implements dev.Steps.
func (d *development) Began(round *dev.Round) {
	if !d.attached.begun {
		return // its steps tell
	}
	var todo []string
	if round.Specs {
		todo = append(todo, "syncing")
	}
	if len(round.Build) > 0 {
		todo = append(todo, "building "+strings.Join(round.Build, ", "))
	}
	if len(todo) == 0 {
		todo = append(todo, "trying again")
	}
	d.say("%s changed: %s", changed(round), strings.Join(todo, ", "))
}

// Ended implements dev.Steps.
func (d *development) Ended(round *dev.Round) {
	d.printing.Lock()
	defer d.printing.Unlock()
	if d.output == "json" {
		_ = json.NewEncoder(d.Out).Encode(newRound(round)) // nobody reads it where it cannot be written
	}
	if errors.Is(round.Err, dev.ErrChangedAgain) {
		fmt.Fprintln(d.Err, d.Paint(console.Dim, "· it changed again: given up"))
		return
	}
	mark, text := d.Paint(console.Green, "✓"), strings.Join(round.Done, ", ")
	switch {
	case round.Err != nil:
		mark, text = d.Paint(console.Red, "✗"), strings.Join(append(round.Done, "failed"), ", ")
	case text == "":
		text = "nothing to do"
	}
	if about := changed(round); about != "" {
		text = about + ": " + text
	}
	fmt.Fprintf(d.Err, "%s %s (%s)\n", mark, text, console.Elapsed(round.Took))
	if round.Err != nil {
		fmt.Fprintln(d.Err, d.Paint(console.Red, "error: ")+round.Err.Error())
		fmt.Fprintln(d.Err, d.Paint(console.Dim, "· waiting for the next save"))
	}
}

// changed names the files that changed, or some of them.
func changed(round *dev.Round) string {
	if more := len(round.Changed) - shownChanges; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(round.Changed[:shownChanges], ", "), more)
	}
	return strings.Join(round.Changed, ", ")
}

// roundReport is a round for programs.
type roundReport struct {
	Changed []string `json:"changed"`
	Done    []string `json:"done"`
	Seconds float64  `json:"seconds"`
	Error   string   `json:"error,omitempty"`
}

func newRound(round *dev.Round) roundReport {
	report := roundReport{Changed: append([]string{}, round.Changed...), Done: append([]string{}, round.Done...), Seconds: round.Took.Seconds()}
	if round.Err != nil {
		report.Error = round.Err.Error()
	}
	return report
}

// say prints one line of news.
func (d *development) say(format string, args ...any) {
	d.printing.Lock()
	defer d.printing.Unlock()
	fmt.Fprintln(d.Err, d.Paint(console.Dim, "· "+fmt.Sprintf(format, args...)))
}

// stepStreams are where the steps of a round show how they go: nowhere as soon as logs are shown, which lines that are redrawn
// would run into.
func (d *development) stepStreams() *console.Streams {
	if !d.attached.begun {
		return d.Streams
	}
	silent := *d.Streams
	silent.Err, silent.Live = io.Discard, false
	return &silent
}

func (d *development) step(ctx context.Context, name string, do func(context.Context, console.Reporter) error) error {
	return console.RunSteps(ctx, d.stepStreams(), []console.Step{{Name: name, Do: do}})
}

// followDeploy shows how a deploy goes, and its evidence when it fails. What it returns has to be called in the end.
func (d *development) followDeploy(opts *deploy.Options) (done func()) {
	if !d.attached.begun {
		printer, _ := d.follow(opts)
		return printer.Done
	}
	opts.Say, opts.Show, opts.HookEnded = d.say, d.troubles(), keepHookLog(opts.Name, d.say)
	opts.Failed = func(found *deploy.Evidence) {
		d.printing.Lock()
		defer d.printing.Unlock()
		var failed failure
		failed.show(d.app, found)
	}
	return func() {}
}

// troubles says what keeps an object from getting ready, once, if it does not pass.
func (d *development) troubles() func([]rollout.State) {
	since, told := map[string]time.Time{}, map[string]bool{}
	return func(states []rollout.State) {
		for _, state := range states {
			for _, finding := range state.Findings {
				text := finding.Object + ": " + finding.Cause
				switch first, seen := since[text]; {
				case !seen:
					since[text] = time.Now()
				case !told[text] && time.Since(first) >= lasting:
					told[text] = true
					d.say("%s", text)
				}
			}
		}
	}
}
