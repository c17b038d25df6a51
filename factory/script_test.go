package main_test

import (
	"context"
	"flag"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/helm-chart-factory/factory/factory/cmd"
	"github.com/helm-chart-factory/factory/factory/console"
)

var update = flag.Bool("update", false, "rewrite the expected output in the scripts")

// TestMain makes the test binary stand for factory, so that scripts run it as a program of its own.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"factory": func() { os.Exit(cmd.Execute(context.Background(), os.Args[1:], console.Standard())) },
	})
}

// TestScripts runs every script of testdata/script. In a script, `code N factory …` wants the exit code N.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"code": code, "disk": disk, "registry": registry},
		Condition:           condition,
	})
}
