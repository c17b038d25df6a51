package lint

import (
	"fmt"
	"regexp"
	"slices"
)

// failing finds the files of charts that an error of Helm's engine names, the one that fails last.
var failing = regexp.MustCompile(`/templates/([\w./-]+)`)

// wrongTemplate is a template of the project that cannot be rendered.
type wrongTemplate struct {
	error
	file string
}

func (e wrongTemplate) Error() string {
	return fmt.Sprintf("%v\nnext: correct templates/%s, which is the project's own", e.error, e.file)
}

// Usage says that only a change of the project helps.
func (e wrongTemplate) Usage() bool { return true }

func (e wrongTemplate) Unwrap() error { return e.error }

// blame names the project's own template, if it is one that failed to render.
func (f *findings) blame(err error) error {
	for _, match := range slices.Backward(failing.FindAllStringSubmatch(err.Error(), -1)) {
		if f.changed(match[1]) {
			return wrongTemplate{err, match[1]}
		}
	}
	if partial := f.ownPartial(); partial != "" { // which may lack what the others call
		return wrongTemplate{err, partial}
	}
	return err
}
