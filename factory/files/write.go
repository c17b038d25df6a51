package files

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/helm-chart-factory/factory/factory/stamp"
)

// Write brings the units of the scope, which is one that Scope returned, to the state of the source, and returns what it did. Without force it refuses, with a
// *ConflictError and nothing written, when a person's work would be lost; files of people that are in nobody's way stay.
func (s *Session) Write(ctx context.Context, source Source, scope Scope, force bool) (*Plan, error) {
	plan, err := Compare(s.dir, source, scope)
	if err != nil {
		return nil, err
	}
	var blocked []string
	for _, change := range plan.Changes {
		if change.blocks {
			blocked = append(blocked, change.Path)
		}
	}
	if len(blocked) > 0 && !force {
		return plan, &ConflictError{Dir: s.dir, Paths: blocked}
	}
	w := &writing{disk: s.disk, dir: s.dir, force: force, shared: s.Shared}
	if err := w.run(ctx, plan, scope); err != nil {
		return plan, err
	}
	return plan, nil
}

// writing is one run: everything new is stored beside first, then moved into place, then what is gone is removed.
type writing struct {
	disk  disk
	dir   string
	force bool
	// shared keeps what people made.
	shared bool
	made   map[string]bool // folders of the store that are there
}

func (w *writing) run(ctx context.Context, plan *Plan, scope Scope) error {
	var put, remove []Change
	for _, change := range plan.Changes {
		switch change.State {
		case Missing, Stale, Edited:
			put = append(put, change)
		case Gone:
			remove = append(remove, change)
		case Extra:
			if w.force && !(w.shared && stamp.Check(change.Before) == stamp.Foreign) {
				remove = append(remove, change)
			}
		}
	}
	run := filepath.Join(w.dir, runFolder)
	if len(put)+len(remove) == 0 {
		if plan.Interrupted {
			return w.disk.Clear(run)
		}
		return nil
	}
	if err := w.begin(run, scope); err != nil {
		w.abandon(run, plan)
		return Explain(err, w.dir)
	}
	moves, err := w.store(ctx, put)
	if err != nil {
		w.abandon(run, plan)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return Explain(err, w.dir)
	}
	// From here on the run ends, interrupted or not: what is left to do are renames.
	for _, path := range moves {
		if err := w.disk.Rename(w.stored(path), w.full(path)); err != nil {
			return fmt.Errorf("%w; run this again to finish it", err)
		}
	}
	if err := w.remove(remove); err != nil {
		return fmt.Errorf("%w; run this again to finish it", err)
	}
	return w.disk.Clear(run)
}

// begin leaves the journal, before anything changes.
func (w *writing) begin(run string, scope Scope) error {
	if err := w.disk.Mkdir(w.dir); err != nil {
		return err
	}
	if err := w.disk.Mkdir(run); err != nil {
		return err
	}
	// An earlier journal stays until this one, which includes it, has taken its place.
	draft := filepath.Join(run, journalFile+".new")
	if err := w.disk.Remove(draft); err != nil {
		return err
	}
	if err := w.disk.Create(draft, []byte(strings.Join(scope, "\n")+"\n")); err != nil {
		return err
	}
	if err := w.disk.Rename(draft, filepath.Join(run, journalFile)); err != nil {
		return err
	}
	return w.disk.Clear(filepath.Join(run, storeFolder))
}

// abandon takes back a run that has changed nothing yet. The journal of an earlier run stays.
func (w *writing) abandon(run string, plan *Plan) {
	if plan.Interrupted {
		w.disk.Clear(filepath.Join(run, storeFolder))
		return
	}
	w.disk.Clear(run)
}

// store writes all new content below the run's folder and returns what is to be renamed into place: a file, or the topmost
// folder that is not there yet, with everything in it.
func (w *writing) store(ctx context.Context, put []Change) ([]string, error) {
	w.made = map[string]bool{}
	if err := w.disk.Mkdir(w.stored(".")); err != nil {
		return nil, err
	}
	var moves []string
	fresh := map[string]string{} // folder -> topmost folder above it that is not there yet, or ""
	moved := map[string]bool{}
	for _, change := range put {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		folder := folderOf(change.Path)
		if err := w.folder(folder); err != nil {
			return nil, err
		}
		if err := w.disk.Create(w.stored(change.Path), change.After); err != nil {
			return nil, err
		}
		top, known := fresh[folder]
		if !known {
			top = w.topmostMissing(folder)
			fresh[folder] = top
		}
		if top == "" {
			top = change.Path
		}
		if !moved[top] {
			moved[top] = true
			moves = append(moves, top)
		}
	}
	// The charts first: an umbrella never lists one that is not there yet.
	slices.SortStableFunc(moves, func(a, b string) int {
		return cmp.Compare(rank(a), rank(b))
	})
	return moves, nil
}

func rank(path string) int {
	if strings.HasPrefix(path, "charts/") || path == "charts" {
		return 0
	}
	return 1
}

func (w *writing) topmostMissing(folder string) string {
	top := ""
	for ; folder != "."; folder = folderOf(folder) {
		if exists(w.full(folder)) {
			break
		}
		top = folder
	}
	return top
}

// folder makes a folder of the store, with those above it.
func (w *writing) folder(folder string) error {
	if folder == "." || w.made[folder] {
		return nil
	}
	if err := w.folder(folderOf(folder)); err != nil {
		return err
	}
	w.made[folder] = true
	return w.disk.Mkdir(w.stored(folder))
}

// remove removes files, then the folders that they leave empty.
func (w *writing) remove(changes []Change) error {
	emptied := map[string]bool{}
	for _, change := range changes {
		if err := w.disk.Remove(w.full(change.Path)); err != nil {
			return err
		}
		emptied[folderOf(change.Path)] = true
	}
	for folder := range emptied {
		for ; folder != "."; folder = folderOf(folder) {
			if !w.empty(folder) {
				break
			}
			if err := w.disk.Remove(w.full(folder)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *writing) full(path string) string {
	return filepath.Join(w.dir, filepath.FromSlash(path))
}

func (w *writing) stored(path string) string {
	return filepath.Join(w.dir, runFolder, storeFolder, filepath.FromSlash(path))
}
