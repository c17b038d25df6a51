package files

import (
	"fmt"
	"io/fs"
	"strings"
)

// ConflictError says that generating would lose what people wrote. Nothing was written.
type ConflictError struct {
	Dir   string
	Paths []string
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("nothing was written, because these files in %s were changed or put there by hand:\n  %s\n"+
		"next: move the change into the spec, factory.yaml or templates/, or give it up with --force",
		e.Dir, strings.Join(e.Paths, "\n  "))
}

// Drift says that what is on disk is not what the specs say.
func (e *ConflictError) Drift() bool { return true }

// placeError is something else than the file or folder that belongs to a place.
type placeError struct {
	path string
	kind fs.FileMode
}

func notOurs(path string, kind fs.FileMode) error { return &placeError{path, kind} }

func (e *placeError) Error() string {
	what := "is no regular file"
	switch {
	case e.kind&fs.ModeSymlink != 0:
		what = "is a link, and generated files are never written through one"
	case e.kind.IsDir():
		what = "is a folder where a file belongs"
	case e.kind.IsRegular():
		what = "is a file where a folder belongs"
	}
	return fmt.Sprintf("nothing was written: %s %s; move it away", e.path, what)
}

// Drift says that what is on disk is not what the specs say.
func (e *placeError) Drift() bool { return true }
