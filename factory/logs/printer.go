package logs

import (
	"bufio"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/helm-chart-factory/factory/factory/console"
)

// Printer writes lines to standard output and what is said about them to standard error. On a terminal each pod has a colour
// of its own, the same in every run over the same pods. Print and Follow call it, so it needs no lock.
type Printer struct {
	streams *console.Streams
	form    Form
	out     *bufio.Writer
	width   int
	colors  map[string]console.Color
}

// Form is how lines are written.
type Form struct {
	// JSON writes one object a line, with everything that is known.
	JSON bool
	// Timestamps begins each line with the time at which the node read it.
	Timestamps bool
	// Live writes each line at once.
	Live bool
}

// NewPrinter returns a printer. Its Flush has to be called in the end.
func NewPrinter(streams *console.Streams, form Form) *Printer {
	return &Printer{streams: streams, form: form, out: bufio.NewWriter(streams.Out), colors: map[string]console.Color{}}
}

// colors are those that can be read on a light and on a dark ground. Red is left to trouble.
var colors = []console.Color{"\033[36m", "\033[33m", "\033[32m", "\033[35m", "\033[34m", "\033[96m", "\033[93m", "\033[92m", "\033[95m", "\033[94m"}

// color is the pod's by its name, or the next one that no other pod has while there are some left.
func (p *Printer) color(pod string) console.Color {
	if color, known := p.colors[pod]; known {
		return color
	}
	hash := fnv.New32a()
	hash.Write([]byte(pod))
	first := int(hash.Sum32() % uint32(len(colors)))
	color := colors[first]
	taken := slices.Collect(maps.Values(p.colors))
	for i := range colors {
		if next := colors[(first+i)%len(colors)]; !slices.Contains(taken, next) {
			color = next
			break
		}
	}
	p.colors[pod] = color
	return color
}

// Begin makes room for the names of these containers, and gives their pods colours.
func (p *Printer) Begin(origins []Origin) {
	for _, origin := range origins {
		p.color(origin.Pod)
		p.width = max(p.width, utf8.RuneCountInString(origin.String()))
	}
}

// jsonLine is a line for programs.
type jsonLine struct {
	Service   string    `json:"service"`
	Pod       string    `json:"pod"`
	Container string    `json:"container"`
	Time      time.Time `json:"time,omitzero"`
	Text      string    `json:"text"`
}

// Line writes one line of a log.
func (p *Printer) Line(line Line) {
	if p.form.JSON {
		// A line that cannot be written is one that nobody reads any more.
		encoder := json.NewEncoder(p.out)
		encoder.SetEscapeHTML(false)
		_ = encoder.Encode(jsonLine{line.Service, line.Pod, line.Container, line.Time, line.Text})
	} else {
		p.Begin([]Origin{line.Origin})
		prefix := fmt.Sprintf("%-*s", p.width, line.Origin)
		stamp := ""
		if p.form.Timestamps {
			stamp = p.streams.PaintOut(console.Dim, line.Time.Format("2006-01-02T15:04:05.000000000Z07:00")) + " "
		}
		fmt.Fprintf(p.out, "%s %s%s\n", p.streams.PaintOut(p.color(line.Pod), prefix+" |"), stamp, line.Text)
	}
	if p.form.Live {
		p.Flush()
	}
}

// Say writes what is to be said about a container, a pod, or all of them.
func (p *Printer) Say(about Origin, format string, args ...any) {
	p.Flush()
	text := fmt.Sprintf(format, args...)
	if name := about.String(); name != "" {
		text = name + " " + text
	}
	fmt.Fprintln(p.streams.Err, p.streams.Paint(console.Dim, "· "+text))
}

// Flush writes what waits to be written.
func (p *Printer) Flush() { _ = p.out.Flush() }
