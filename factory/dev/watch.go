package dev

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/fsnotify/fsnotify"
)

const (
	// quiet is how long nothing may change before a burst of changes counts as over, longest how long a burst may go on.
	quiet   = 100 * time.Millisecond
	longest = time.Second
)

// watcher watches folders, each without those below it.
type watcher struct {
	notify *fsnotify.Watcher
	quiet  time.Duration
	// batches are the paths that changed in one burst. Those that change while nobody receives are added to the next.
	batches chan []string
	stopped chan struct{}
}

// newWatcher returns a watcher for which a burst of changes is over when nothing changed for as long as quiet.
func newWatcher(quiet time.Duration) (*watcher, error) {
	notify, err := fsnotify.NewWatcher()
	if errors.Is(err, syscall.EMFILE) {
		return nil, fmt.Errorf("this machine lets nobody watch more folders: %w\nnext: end another program that watches, or sysctl fs.inotify.max_user_instances=512", err)
	}
	if err != nil {
		return nil, fmt.Errorf("watching folders: %w", err)
	}
	w := &watcher{notify: notify, quiet: quiet, batches: make(chan []string), stopped: make(chan struct{})}
	go w.collect()
	return w, nil
}

// close ends the watching and all that belongs to it.
func (w *watcher) close() {
	w.notify.Close()
	<-w.stopped
}

// watch watches these folders and no others, and tells whether one of them is new. A folder that is not there is left out.
func (w *watcher) watch(folders []string) (added bool, err error) {
	wanted := map[string]bool{}
	for _, folder := range folders {
		wanted[filepath.Clean(folder)] = true
	}
	for _, folder := range w.notify.WatchList() {
		if !wanted[folder] {
			_ = w.notify.Remove(folder) // it may be gone by itself
		}
		delete(wanted, folder)
	}
	for _, folder := range slices.Sorted(maps.Keys(wanted)) {
		switch err := w.notify.Add(folder); {
		case err == nil:
			added = true
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		case errors.Is(err, syscall.ENOSPC):
			return added, fmt.Errorf("watching %s: this machine lets nobody watch more folders: %w\n"+
				"next: name in .dockerignore what no image needs, or sysctl fs.inotify.max_user_watches=524288", folder, err)
		default:
			return added, fmt.Errorf("watching %s: %w", folder, err)
		}
	}
	return added, nil
}

// collect makes batches of what changes, until the watcher is closed.
func (w *watcher) collect() {
	defer close(w.stopped)
	changed := map[string]bool{}
	var first time.Time
	over := time.NewTimer(w.quiet)
	over.Stop()
	var batches chan []string // nil while a burst is not over
	note := func(path string) {
		if len(changed) == 0 {
			first = time.Now()
		}
		changed[path] = true
		over.Reset(min(w.quiet, max(0, longest-time.Since(first))))
	}
	for {
		select {
		case event, open := <-w.notify.Events:
			if !open {
				return
			}
			if !Passing(filepath.Base(event.Name)) {
				note(event.Name)
			}
		case _, open := <-w.notify.Errors:
			if !open {
				return
			}
			// More changed than the system could tell.
			note("")
		case <-over.C:
			batches = w.batches
		case batches <- slices.Sorted(maps.Keys(changed)):
			batches = nil
			clear(changed)
		}
	}
}
