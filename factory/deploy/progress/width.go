package progress

import (
	"os"

	"golang.org/x/term"
)

const defaultWidth = 100

// width is that of the terminal behind standard error.
func width() int {
	columns, _, err := term.GetSize(int(os.Stderr.Fd()))
	if err != nil || columns <= 0 {
		return defaultWidth
	}
	return columns
}
