package supervisor

import (
	"fmt"
	"os"
	"path/filepath"
)

// shorten returns another path to the same socket, through an open descriptor of its directory.
func shorten(path string) (short string, release func(), err error) {
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return "", nil, err
	}
	return fmt.Sprintf("/proc/self/fd/%d/%s", dir.Fd(), filepath.Base(path)), func() { dir.Close() }, nil
}
