package dev

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/helm-chart-factory/factory/factory/image"
)

// ErrChangedAgain is what a round ends with that was given up for a newer change.
var ErrChangedAgain = errors.New("changed again")

// Round is what is done for one burst of changes.
type Round struct {
	// Changed are the files that changed, by their paths in the project, and build arguments; empty in the first round.
	Changed []string
	// Specs tells that the charts may have to change, Build names the services whose images do.
	Specs bool
	Build []string
	// Done is what was done, in words, as far as it got.
	Done []string
	Took time.Duration
	// Err is why it ended before its end.
	Err error
}

// done is what the release has by now, as far as the loop made it so.
type done struct {
	specs    parts
	code     map[string]parts
	deployed bool
}

// stale are the images that are not made of what is on disk.
func (d *done) stale(now *look) []image.Service {
	var found []image.Service
	for _, service := range now.images {
		if was, built := d.code[service.Name]; !built || !maps.Equal(was, now.code[service.Name]) {
			found = append(found, service)
		}
	}
	return found
}

// plan says what a round would have to do.
func (d *done) plan(now *look, round *Round) {
	round.Specs = d.specs == nil || !maps.Equal(d.specs, now.specs)
	for _, service := range d.stale(now) {
		round.Build = append(round.Build, service.Name)
	}
}

// work does what the project as it is now needs, and nothing that is done already.
func (l *loop) work(ctx context.Context, now *look, round *Round) error {
	if round.Specs {
		changed, err := l.steps.Sync(ctx)
		if err != nil {
			return err
		}
		first := l.done.specs == nil
		if l.done.specs = now.specs; changed > 0 {
			l.done.deployed = false
		}
		switch {
		case changed > 0:
			round.did("synced the charts")
		case !first:
			round.did("the charts stay as they are")
		}
	}
	if stale := l.done.stale(now); len(stale) > 0 {
		built, err := l.steps.Build(ctx, stale)
		if err != nil {
			return err
		}
		for _, service := range stale {
			l.done.code[service.Name] = now.code[service.Name]
		}
		l.done.deployed = false
		if len(built) > 0 {
			round.did("built %s", strings.Join(built, ", "))
		}
	}
	if l.done.deployed {
		return nil
	}
	revision, written, err := l.steps.Deploy(ctx, now.project)
	if err != nil {
		return err
	}
	l.done.deployed = true
	if written {
		round.did("deployed revision %d", revision)
	} else {
		round.did("revision %d has it already", revision)
	}
	return nil
}

func (r *Round) did(format string, args ...any) {
	r.Done = append(r.Done, fmt.Sprintf(format, args...))
}
