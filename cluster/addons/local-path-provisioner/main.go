// Command local-path-volume makes or removes the directory of one volume.
//
// The provisioner runs it in a pod on the volume's node, where upstream runs a shell script: an image built from Go
// modules has no shell.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	if err := run(os.Args[1:], os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// run takes the provisioner's flags: -a create|delete, -p the absolute path, and -s and -m, which a directory has no
// use for.
func run(args []string, stderr io.Writer) error {
	fs := flag.NewFlagSet("local-path-volume", flag.ContinueOnError)
	fs.SetOutput(stderr)
	action := fs.String("a", "", "create or delete")
	path := fs.String("p", "", "absolute path of the volume's directory")
	fs.String("s", "", "size in bytes; a directory has no limit")
	fs.String("m", "", "volume mode; only directories are made")
	if err := fs.Parse(args); err != nil {
		return fmt.Errorf("reading flags: %w", err)
	}
	if !filepath.IsAbs(*path) || strings.Count(filepath.Clean(*path), "/") < 2 {
		return fmt.Errorf("volume path %q: want an absolute path below a directory", *path)
	}
	switch *action {
	case "create":
		return create(*path)
	case "delete":
		if err := os.RemoveAll(*path); err != nil {
			return fmt.Errorf("removing volume %q: %w", *path, err)
		}
		return nil
	default:
		return fmt.Errorf("action %q: want create or delete", *action)
	}
}

// create makes path writable for every user: a pod's own user is not known here.
func create(path string) error {
	if err := os.MkdirAll(path, 0o777); err != nil {
		return fmt.Errorf("making volume %q: %w", path, err)
	}
	// The process's umask has cut the bits of MkdirAll.
	if err := os.Chmod(path, 0o777); err != nil {
		return fmt.Errorf("opening volume %q to every user: %w", path, err)
	}
	return nil
}
