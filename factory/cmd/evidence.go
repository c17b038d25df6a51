package cmd

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/helm-chart-factory/factory/factory/deploy"
	"github.com/helm-chart-factory/factory/factory/deploy/evidence"
	"github.com/helm-chart-factory/factory/factory/deploy/progress"
	"github.com/helm-chart-factory/factory/factory/paths"
)

// shownLogLines is how much of a log a person sees at once; the saved file has more.
const shownLogLines = 20

// failure is what is known of a deploy that failed, and what `-o json` says of it.
type failure struct {
	*deploy.Evidence
	// File is where all of it was saved; empty when it could not be.
	File string `json:"file,omitempty"`
}

// follow shows how a deploy or a rollback goes, and its evidence when it fails.
func (a *app) follow(opts *deploy.Options) (*progress.Printer, *failure) {
	printer, failed := progress.New(a.Streams), &failure{}
	opts.Show, opts.Say, opts.HookEnded = printer.Show, printer.Say, keepHookLog(opts.Name, printer.Say)
	opts.Failed = func(found *deploy.Evidence) {
		printer.Clear()
		failed.show(a, found)
	}
	return printer, failed
}

// show prints the evidence, saves all of it and says where.
func (f *failure) show(a *app, found *deploy.Evidence) {
	f.Evidence = found
	found.Write(a.Err, shownLogLines)
	var text strings.Builder
	found.WriteAll(&text)
	path, said := save(found.Release, "evidence", found.At, text.String())
	f.File = path
	fmt.Fprintf(a.Err, "\n%s\n", said)
}

// print writes the failure as JSON where that was asked for, for programs; people have read it by then.
func (f *failure) print(a *app) error {
	if a.output != "json" || f.Evidence == nil {
		return nil
	}
	return json.NewEncoder(a.Out).Encode(f)
}

// keepHookLog saves the log of a hook, whose pods may be gone by the time somebody asks.
func keepHookLog(release string, say func(string, ...any)) func(deploy.HookLog) {
	return func(log deploy.HookLog) {
		_, said := save(release, "log-of-"+strings.ReplaceAll(log.Hook, "/", "-"), time.Now(), log.Text)
		say("%s hook %s ended: %s", log.When, log.Hook, said)
	}
}

// save keeps a text among the release's evidence. A disk that is full loses the file, not the rest of the command.
func save(release, about string, at time.Time, text string) (path, said string) {
	path, err := evidence.In(paths.Home(), release).Save(at, about, text)
	if path == "" {
		return "", fmt.Sprintf("not saved: %v", err)
	}
	return path, strings.ReplaceAll(about, "-", " ") + " saved in " + path
}
