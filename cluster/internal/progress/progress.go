// Package progress carries what a supervisor has to say to the command that started it: one JSON object a line.
package progress

import (
	"bufio"
	"encoding/json"
	"io"
	"sync"
)

// Event is one message. Ready and Failure are final.
type Event struct {
	Step    string   `json:"step,omitempty"`
	Warning string   `json:"warning,omitempty"`
	Ready   bool     `json:"ready,omitempty"`
	Failure *Failure `json:"failure,omitempty"`
}

// Failure tells a person what went wrong.
type Failure struct {
	Component string   `json:"component,omitempty"`
	Cause     string   `json:"cause"`
	Log       string   `json:"log,omitempty"`
	Lines     []string `json:"lines,omitempty"`
}

// Reporter sends events. Its methods never fail: a command that went away no longer cares.
type Reporter struct {
	mu  sync.Mutex
	out io.Writer
}

// NewReporter returns a Reporter that writes to out.
func NewReporter(out io.Writer) *Reporter { return &Reporter{out: out} }

// Send sends any event.
func (r *Reporter) Send(event Event) {
	data, err := json.Marshal(event)
	if err != nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.out.Write(append(data, '\n'))
}

// Step says what has been reached.
func (r *Reporter) Step(text string) { r.Send(Event{Step: text}) }

// Warn says what goes on without something.
func (r *Reporter) Warn(text string) { r.Send(Event{Warning: text}) }

// Read hands every event from in to handle until one is final or in ends.
// It tells whether a final event was seen.
func Read(in io.Reader, handle func(Event)) bool {
	scanner := bufio.NewScanner(in)
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		var event Event
		if json.Unmarshal(scanner.Bytes(), &event) != nil {
			continue
		}
		handle(event)
		if event.Ready || event.Failure != nil {
			return true
		}
	}
	return false
}
