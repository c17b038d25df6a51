package console

import (
	"bytes"
	"io"
)

// LineWriter is a writer that says each whole line written to it, the empty ones left out.
func LineWriter(say Reporter) io.Writer { return &lineWriter{say: say} }

type lineWriter struct {
	say  Reporter
	rest []byte
}

func (w *lineWriter) Write(p []byte) (int, error) {
	w.rest = append(w.rest, p...)
	for {
		end := bytes.IndexAny(w.rest, "\r\n")
		if end < 0 {
			return len(p), nil
		}
		if line := bytes.TrimSpace(w.rest[:end]); len(line) > 0 {
			w.say("%s", line)
		}
		w.rest = w.rest[end+1:]
	}
}
