// Package console is how factory talks to a person or to a pipe: results on Out, everything else on Err.
package console

import (
	"io"
	"os"

	"golang.org/x/term"
)

// Streams are the three standard streams of one run of the program.
type Streams struct {
	In  io.Reader
	Out io.Writer
	Err io.Writer

	// Live is true when Err is a terminal that progress may be redrawn on; otherwise progress is plain lines.
	Live bool
	// Color is true when Err may carry colour codes. It is off without a terminal and under NO_COLOR (https://no-color.org).
	Color bool
	// ColorOut and LiveOut are the same of Out.
	ColorOut bool
	LiveOut  bool
	// Interactive is true when a person can answer a question on In.
	Interactive bool
}

// Standard returns the streams of the process.
func Standard() *Streams {
	terminal := term.IsTerminal(int(os.Stderr.Fd())) && os.Getenv("TERM") != "dumb"
	out := term.IsTerminal(int(os.Stdout.Fd())) && os.Getenv("TERM") != "dumb"
	return &Streams{
		In:          os.Stdin,
		Out:         os.Stdout,
		Err:         os.Stderr,
		Live:        terminal && os.Getenv("CI") == "",
		Color:       terminal && os.Getenv("NO_COLOR") == "",
		ColorOut:    out && os.Getenv("NO_COLOR") == "",
		LiveOut:     out && os.Getenv("CI") == "",
		Interactive: terminal && term.IsTerminal(int(os.Stdin.Fd())),
	}
}

// Size is how many letters and lines fit on the terminal that Out is; 80 and 24 where that is not known.
func (s *Streams) Size() (width, height int) {
	if file, ok := s.Out.(*os.File); ok {
		if width, height, err := term.GetSize(int(file.Fd())); err == nil && width > 0 && height > 0 {
			return width, height
		}
	}
	return 80, 24
}
