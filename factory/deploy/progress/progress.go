// Package progress shows people how a rollout goes: a table that is redrawn on a terminal, plain lines elsewhere, or a
// single line inside a longer command.
package progress

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/helm-chart-factory/factory/factory/console"
	"github.com/helm-chart-factory/factory/factory/deploy/rollout"
)

const maxRows = 20

// Printer shows states on a person's terminal or in a CI log. Several goroutines may use it: news come from wherever
// something happens.
type Printer struct {
	mu      sync.Mutex
	streams *console.Streams
	start   time.Time
	width   func() int
	drawn   int
	said    map[string]string
	began   map[rollout.Object]time.Time
	took    map[rollout.Object]time.Duration
}

// New returns a printer that counts time from now.
func New(streams *console.Streams) *Printer {
	return &Printer{
		streams: streams, start: time.Now(), width: width, said: map[string]string{},
		began: map[rollout.Object]time.Time{}, took: map[rollout.Object]time.Duration{},
	}
}

// Say prints one line of news above whatever is being redrawn; the same news twice in a row is printed once.
func (p *Printer) Say(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.said[""] == text {
		return
	}
	p.said[""] = text
	p.clear()
	fmt.Fprintf(p.streams.Err, "%s %s\n", p.streams.Paint(console.Dim, fmt.Sprintf("%-6s", p.elapsed())), text)
}

// Show prints the states: all of them anew on a terminal, elsewhere those that changed.
func (p *Printer) Show(states []rollout.State) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.streams.Live {
		p.redraw(states)
		return
	}
	for _, state := range states {
		if news := news(state); p.said[state.Object.Ref()] != news {
			p.said[state.Object.Ref()] = news
			fmt.Fprintf(p.streams.Err, "%-6s %s\n", p.elapsed(), Line(state))
		}
	}
}

// news is what is worth a line of a log that only grows: not each event of a start that goes well.
func news(state rollout.State) string {
	text := string(state.Phase) + state.Count()
	for _, finding := range state.Findings {
		text += "\x00" + finding.Key() + "\x00" + finding.Cause // which says more once the cluster was asked
	}
	return text
}

// Clear takes the redrawn table away, before something else is printed.
func (p *Printer) Clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
}

func (p *Printer) clear() {
	if p.drawn > 0 {
		fmt.Fprintf(p.streams.Err, "\033[%dA\033[J", p.drawn)
		p.drawn = 0
	}
}

// Done leaves the last table standing.
func (p *Printer) Done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.drawn = 0
}

// since is how long an object has been waited for, or took to get ready.
func (p *Printer) since(state rollout.State) time.Duration {
	if _, there := p.began[state.Object]; !there {
		p.began[state.Object] = time.Now()
	}
	took, ready := p.took[state.Object]
	if !ready {
		took = time.Since(p.began[state.Object])
	}
	if state.Phase == rollout.Ready {
		p.took[state.Object] = took
	} else {
		delete(p.took, state.Object)
	}
	return took
}

func (p *Printer) redraw(states []rollout.State) {
	var text strings.Builder
	for _, state := range states {
		p.since(state)
	}
	rows, hidden := 0, 0
	for _, state := range pick(states) {
		if rows == maxRows {
			hidden++
			continue
		}
		rows++
		color, mark := console.Dim, "→"
		switch {
		case state.Phase == rollout.Ready:
			color, mark = console.Green, "✓"
		case state.Phase == rollout.Failed || len(state.Findings) > 0:
			color, mark = console.Red, "!"
		}
		line := []rune(row(state, console.Elapsed(p.since(state))))
		if room := p.width() - 3; len(line) > room {
			line = append(line[:max(room-1, 0)], '…')
		}
		fmt.Fprintf(&text, "%s %s\n", p.streams.Paint(color, mark), string(line))
	}
	if hidden > 0 {
		fmt.Fprintf(&text, "  and %d more\n", hidden)
		rows++
	}
	fmt.Fprintf(&text, "%s\n", p.streams.Paint(console.Dim, "  "+p.elapsed()))
	p.clear()
	fmt.Fprint(p.streams.Err, text.String())
	p.drawn = rows + 1
}

// pick puts what is not ready first when not everything fits.
func pick(states []rollout.State) []rollout.State {
	if len(states) <= maxRows {
		return states
	}
	var first, rest []rollout.State
	for _, state := range states {
		if state.Phase == rollout.Ready {
			rest = append(rest, state)
		} else {
			first = append(first, state)
		}
	}
	return append(first, rest...)
}

func (p *Printer) elapsed() string { return console.Elapsed(time.Since(p.start)) }

// Line is one state: kind/name, ready/wanted, and what it waits for.
func Line(state rollout.State) string {
	return strings.TrimSpace(fmt.Sprintf("%-44s %5s  %s", state.Object.Ref(), state.Count(), message(state)))
}

// row is the same with the time that it took so far.
func row(state rollout.State, took string) string {
	return strings.TrimSpace(fmt.Sprintf("%-36s %5s %6s  %s", state.Object.Ref(), state.Count(), took, message(state)))
}

func message(state rollout.State) string {
	if state.Phase == rollout.Ready && state.Message == "" {
		return "ready"
	}
	return oneLine(state.Message)
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
