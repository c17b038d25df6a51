// Command make writes the schemas that factory lint judges by, compact and without prose, from the modules that hold the
// originals. Run it in the folder of the package schemas after changing a version in sources.go:
//
//	go generate ./factory/lint/schemas
//
// It asks the Go module proxy for what the module cache does not hold, and nobody else. The same versions give the same bytes.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: make FILE")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(file string) error {
	s := newStore()
	for _, source := range kubernetesSources() {
		dir, err := download(source.module)
		if err != nil {
			return err
		}
		if err := s.kubernetes(source.version, dir); err != nil {
			return fmt.Errorf("reading %s: %w", source.module, err)
		}
		s.out.Sources[source.version] = source.module
	}
	for _, source := range customSources() {
		dir, err := download(source.module)
		if err != nil {
			return err
		}
		if err := s.custom(dir, source); err != nil {
			return fmt.Errorf("reading %s: %w", source.module, err)
		}
		s.out.Sources[source.name] = source.module
	}
	return os.WriteFile(file, s.out.encode(), 0o644)
}

// download returns the folder of a module, given as path@version, in the module cache.
func download(module string) (string, error) {
	command := exec.Command("go", "mod", "download", "-json", module)
	command.Dir = os.TempDir() // outside of any module: ours has no part in this
	command.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
	out, err := command.Output()
	var said struct{ Dir, Error string }
	if decodeErr := json.NewDecoder(bytes.NewReader(out)).Decode(&said); decodeErr == nil && said.Error != "" {
		err = errors.New(said.Error)
	}
	if err != nil {
		return "", fmt.Errorf("downloading %s: %w", module, err)
	}
	return said.Dir, nil
}
