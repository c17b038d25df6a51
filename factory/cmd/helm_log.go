package cmd

import (
	"bytes"
	"io"
)

// helmLog passes on what Helm logs, but for what it says of a value that is a mapping in the project and a text in an environment:
// it takes the text, as is meant.
type helmLog struct{ io.Writer }

func (l helmLog) Write(line []byte) (int, error) {
	if bytes.Contains(line, []byte("cannot overwrite table with non table")) {
		return len(line), nil
	}
	return l.Writer.Write(line)
}
