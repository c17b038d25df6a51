package main_test

import (
	"fmt"
	"os"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/helm-chart-factory/factory/factory/disktest"
)

// disk gives a script a small disk: `disk mount DIR BYTES`, `disk fill DIR LEFT` (all but some bytes), `disk free DIR`.
func disk(ts *testscript.TestScript, negated bool, args []string) {
	if negated || len(args) < 2 || len(args) < 3 && args[0] != "free" {
		ts.Fatalf("usage: disk mount DIR BYTES | disk fill DIR LEFT | disk free DIR")
	}
	dir := ts.MkAbs(args[1])
	var bytes int64
	if len(args) > 2 {
		var err error
		bytes, err = strconv.ParseInt(args[2], 10, 64)
		ts.Check(err)
	}
	switch args[0] {
	case "mount":
		ts.Check(disktest.Mount(dir, bytes))
		ts.Defer(func() { ts.Check(disktest.Unmount(dir)) })
	case "fill":
		ts.Check(disktest.Fill(dir, bytes))
	case "free":
		ts.Check(disktest.Free(dir))
	default:
		ts.Fatalf("disk %s: want mount, fill or free", args[0])
	}
}

// condition knows [root], which mounting needs.
func condition(name string) (bool, error) {
	if name != "root" {
		return false, fmt.Errorf("condition %q is not known", name)
	}
	return os.Geteuid() == 0, nil
}
