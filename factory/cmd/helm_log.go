package cmd

import (
	"bytes"
	"io"
)

// helmLog passes on what Helm logs, but for what it says of a value that is a mapping in the project and a text in an environment,
// or the reverse: it takes that of the environment, as is meant.
type helmLog struct{ io.Writer }

func (l helmLog) Write(line []byte) (int, error) {
	if bytes.Contains(line, []byte("cannot overwrite table with non table")) || bytes.Contains(line, []byte("Ignoring non-table value")) {
		return len(line), nil
	}
	return l.Writer.Write(line)
}
