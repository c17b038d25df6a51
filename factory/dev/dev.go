// Package dev keeps a release at what is on disk while a team works on its services: it watches their folders and, after each burst
// of changes, does what these need.
package dev

import (
	"context"
	"path/filepath"
	"strings"
	"time"

	"github.com/helm-chart-factory/factory/factory/image"
	"github.com/helm-chart-factory/factory/factory/spec"
)

// Steps are what a round is made of. They are called one at a time.
type Steps interface {
	// Load reads the project, and tells from which files, by their paths in it with slashes.
	Load() (p *spec.Project, sources []string, err error)
	// Images are those that are built when what they are made from changes.
	Images(*spec.Project) []image.Service
	// Sync brings the charts to what the specs say, and returns how many files changed.
	Sync(context.Context) (changed int, err error)
	// Build makes the registry hold these images, and returns the names of the services whose images it had to build.
	Build(context.Context, []image.Service) (built []string, err error)
	// Deploy makes the charts and the images a running release, and tells whether it wrote a revision for that. When its context ends
	// it leaves a release from which the next goes on.
	Deploy(context.Context, *spec.Project) (revision int, written bool, err error)
	// Attach is called after each round that was not given up. Its context is that of Run, and what it begins may last as long.
	Attach(context.Context, *spec.Project)
	// Began and Ended tell of a round. Specs that cannot be read give a round that only ends.
	Began(*Round)
	Ended(*Round)
}

// Run makes the release what is on disk, and does so again after each change until ctx ends; it returns ctx' error. What fails
// later is told and waits for the next change, but specs that are wrong at the start are returned.
func Run(ctx context.Context, steps Steps) error { return run(ctx, steps, quiet) }

func run(ctx context.Context, steps Steps, quiet time.Duration) error {
	w, err := newWatcher(quiet)
	if err != nil {
		return err
	}
	defer w.close()
	l := &loop{steps: steps, watcher: w, done: done{code: map[string]parts{}}}
	now, err := l.look()
	if err != nil {
		return err
	}
	l.begin(ctx, now, nil)
	for {
		select {
		case <-ctx.Done():
			l.stop()
			return ctx.Err()
		case err := <-l.ended():
			l.finish(ctx, err)
		case paths := <-w.batches:
			l.changed(ctx, paths)
		}
	}
}

// loop is one call of Run.
type loop struct {
	steps   Steps
	watcher *watcher
	done    done
	// running is the round under way; nil while there is none.
	running *running
	// last is what the last round worked on that was not given up; failed tells that it, or reading the specs since, went wrong.
	last   *look
	failed bool
	// wrong is what the specs were told to be wrong with; empty when they are not.
	wrong string
}

// running is a round under way.
type running struct {
	*Round
	look   *look
	start  time.Time
	cancel context.CancelFunc
	err    chan error
}

// look reads the project and watches what it is read from, in this order until nothing new is to be watched: what changes
// after it was read is told by the watcher.
func (l *loop) look() (*look, error) {
	for {
		seen, wrong := read(l.steps)
		var folders []string
		switch {
		case wrong == nil:
			folders = append(specFolders(seen.project.Dir), seen.folders...)
		case l.last == nil && l.running == nil:
			return nil, wrong
		default:
			known := l.known()
			folders = append(specFolders(known.project.Dir), known.folders...)
		}
		added, err := l.watcher.watch(folders)
		if err != nil {
			return nil, err
		}
		if !added {
			return seen, wrong
		}
	}
}

// known is the newest look at which the specs could be read.
func (l *loop) known() *look {
	if l.running != nil {
		return l.running.look
	}
	return l.last
}

// changed is told of a burst of changes.
func (l *loop) changed(ctx context.Context, paths []string) {
	newer, err := l.look()
	if err != nil {
		l.tell(paths, err)
		return
	}
	l.wrong = ""
	if l.running != nil {
		if newer.same(l.running.look) {
			return
		}
		l.giveUp(ctx)
	}
	if ctx.Err() != nil {
		return
	}
	// A file that is saved as it was is how a person asks for another try.
	if l.last == nil || !newer.same(l.last) || l.failed && newer.has(paths) {
		l.begin(ctx, newer, paths)
	}
}

// tell says that the project cannot be read. A round under way goes on: it knows what it works on.
func (l *loop) tell(paths []string, err error) {
	if err.Error() == l.wrong && !l.known().has(paths) {
		return
	}
	l.wrong, l.failed = err.Error(), true
	l.steps.Ended(&Round{Changed: relative(l.known().project.Dir, l.known().worth(paths)), Err: err})
}

// begin begins a round.
func (l *loop) begin(ctx context.Context, now *look, paths []string) {
	ctx, cancel := context.WithCancel(ctx)
	round := &running{Round: &Round{}, look: now, start: time.Now(), cancel: cancel, err: make(chan error, 1)}
	if l.last != nil {
		changes := now.changes(l.last)
		if len(changes) == 0 {
			changes = now.worth(paths)
		}
		round.Changed = relative(now.project.Dir, changes)
	}
	l.done.plan(now, round.Round)
	l.running = round
	l.steps.Began(round.Round)
	go func() { round.err <- l.work(ctx, now, round.Round) }()
}

// ended is what the round under way ends with.
func (l *loop) ended() <-chan error {
	if l.running == nil {
		return nil
	}
	return l.running.err
}

// finish tells how a round ended.
func (l *loop) finish(ctx context.Context, err error) {
	round := l.running
	round.cancel()
	round.Err, round.Took = err, time.Since(round.start)
	l.running, l.last, l.failed = nil, round.look, err != nil || l.wrong != ""
	if ctx.Err() != nil {
		return // that is why it ended
	}
	l.steps.Ended(round.Round)
	l.steps.Attach(ctx, round.look.project)
}

// giveUp ends the round under way, unless it has just come to its end by itself.
func (l *loop) giveUp(ctx context.Context) {
	round := l.running
	round.cancel()
	err := <-round.err
	if err == nil {
		l.finish(ctx, nil)
		return
	}
	l.running = nil
	if ctx.Err() != nil {
		return
	}
	round.Err, round.Took = ErrChangedAgain, time.Since(round.start)
	l.steps.Ended(round.Round)
}

// stop ends the round under way and tells nobody.
func (l *loop) stop() {
	if l.running != nil {
		l.running.cancel()
		<-l.running.err
	}
}

// relative writes paths as a person does who is in the project's folder.
func relative(root string, names []string) []string {
	var found []string
	for _, name := range names {
		if path, err := filepath.Rel(root, name); err == nil && filepath.IsAbs(name) && !strings.HasPrefix(path, "..") {
			name = filepath.ToSlash(path)
		}
		if name != "" {
			found = append(found, name)
		}
	}
	return found
}
