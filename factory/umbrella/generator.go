package umbrella

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
)

// Generator is the version of what this program generates. A release whose output differs from the last one's for the same specs
// raises it and says why in generatorChanges; until then the output may change freely. The umbrella's Chart.yaml records it, and
// nothing else does, so that a build of any commit writes the same bytes.
const Generator = 1

// generatorAnnotation is where Chart.yaml records the version.
const generatorAnnotation = "factory.dev/generator"

// GeneratorChange is one thing that a version of the generator does otherwise than the one before.
type GeneratorChange struct {
	// Version is the first that does.
	Version int
	// Text says what and why, in one line.
	Text string
	// Files are patterns of path.Match for the files that it changes, by their path in a chart. None means any file.
	Files []string
}

// generatorChanges tells what changed, the oldest first. Version 0 recorded nothing.
func generatorChanges() []GeneratorChange {
	return []GeneratorChange{
		{1, "charts carry every key of the spec, an object is there only with the values that it needs, and the version is recorded", nil},
	}
}

var recorded = regexp.MustCompile(`\n  ` + regexp.QuoteMeta(generatorAnnotation) + `: "([0-9]{1,9})"\n`)

// recordedGenerator returns the version of the generator that wrote the umbrella chart in a folder. Where there is none, or one
// that no generator wrote, it is this one: nothing has to be upgraded.
func recordedGenerator(folder string) (int, error) {
	file, err := os.Open(filepath.Join(folder, "Chart.yaml"))
	if errors.Is(err, fs.ErrNotExist) {
		return Generator, nil
	}
	if errors.Is(err, syscall.ENOTDIR) {
		return 0, fmt.Errorf("%s is a file, in the place of the folder of the umbrella chart: move it away", folder)
	}
	if err != nil {
		return 0, fmt.Errorf("looking for the version of the generator: %w", err)
	}
	defer file.Close()
	head := make([]byte, 4<<10) // the dependencies, which may be many, come last
	n, err := io.ReadFull(file, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return 0, fmt.Errorf("looking for the version of the generator: %w", err)
	}
	if !isGenerated(head[:n]) {
		return Generator, nil
	}
	match := recorded.FindSubmatch(head[:n])
	if match == nil {
		return 0, nil
	}
	return strconv.Atoi(string(match[1]))
}
