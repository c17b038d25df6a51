package console

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// Step is one thing a long command does. Done tells whether it is already true; Do makes it true.
// Both may report what they are at through the Reporter; the last word is kept beside the step's line.
type Step struct {
	Name string
	// Done reports whether there is nothing to do, and what was found. It may be nil: the step then always runs.
	Done func(ctx context.Context, say Reporter) (bool, error)
	Do   func(ctx context.Context, say Reporter) error
	// Next is the command or action that a person tries when the step fails. It may be empty.
	Next string
}

// Reporter tells a step's progress: one short line, without a newline.
type Reporter func(format string, args ...any)

// StepError is the failure of a named step, with what a person can do next.
type StepError struct {
	Step string
	Next string
	Err  error
}

func (e *StepError) Error() string {
	text := e.Step + ": " + e.Err.Error()
	if e.Next != "" {
		text += "\nnext: " + e.Next
	}
	return text
}

func (e *StepError) Unwrap() error { return e.Err }

// RunSteps runs steps in order on s.Err, each with its elapsed time, and stops at the first that fails.
func RunSteps(ctx context.Context, s *Streams, steps []Step) error {
	for _, step := range steps {
		if err := runStep(ctx, s, step); err != nil {
			return err
		}
	}
	return nil
}

func runStep(ctx context.Context, s *Streams, step Step) error {
	line := newStepLine(s, step.Name)
	fail := func(err error) error {
		line.end("✗", Red)
		if errors.Is(err, context.Canceled) {
			return err
		}
		return &StepError{Step: step.Name, Next: step.Next, Err: err}
	}
	if step.Done != nil {
		done, err := step.Done(ctx, line.say)
		if err != nil {
			return fail(err)
		}
		if done {
			line.end("·", Dim)
			return nil
		}
	}
	if err := step.Do(ctx, line.say); err != nil {
		return fail(err)
	}
	line.end("✓", Green)
	return nil
}

// stepLine draws one step: on a terminal a line that is redrawn each second, elsewhere a plain line for each report.
type stepLine struct {
	streams *Streams
	name    string
	start   time.Time
	stop    chan struct{}
	stopped sync.WaitGroup

	mu   sync.Mutex
	last string
}

func newStepLine(s *Streams, name string) *stepLine {
	line := &stepLine{streams: s, name: name, start: time.Now(), stop: make(chan struct{})}
	if s.Live {
		line.stopped.Go(line.redraw)
	}
	return line
}

func (l *stepLine) say(format string, args ...any) {
	text := strings.TrimSpace(fmt.Sprintf(format, args...))
	l.mu.Lock()
	defer l.mu.Unlock()
	if text == l.last {
		return
	}
	l.last = text
	if !l.streams.Live {
		fmt.Fprintf(l.streams.Err, "  %s: %s (%s)\n", l.name, text, Elapsed(time.Since(l.start)))
	}
}

func (l *stepLine) redraw() {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-l.stop:
			return
		case <-tick.C:
			l.draw(l.streams.Err, "→", Dim, "\r\033[K", "")
		}
	}
}

func (l *stepLine) end(mark string, color Color) {
	close(l.stop)
	l.stopped.Wait()
	clear := ""
	if l.streams.Live {
		clear = "\r\033[K"
	}
	l.draw(l.streams.Err, mark, color, clear, "\n")
}

func (l *stepLine) draw(w io.Writer, mark string, color Color, before, after string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	detail := l.last
	if l.streams.Live && after == "" && len(detail) > 70 {
		detail = detail[:70] + "…"
	}
	fmt.Fprintf(w, "%s%s %-28s %6s  %s%s", before, l.streams.Paint(color, mark), l.name,
		Elapsed(time.Since(l.start)), l.streams.Paint(Dim, detail), after)
}

// Elapsed writes a duration the way progress lines do: 0.4s, 12s, 3m05s.
func Elapsed(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return fmt.Sprintf("%.1fs", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	default:
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	}
}
