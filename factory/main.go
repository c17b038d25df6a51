// Command factory turns short service specs into Helm charts, an umbrella chart, images and a running release.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/helm-chart-factory/factory/factory/cmd"
	"github.com/helm-chart-factory/factory/factory/console"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// A first interrupt ends the work in order; from then on a second one ends the program at once.
	context.AfterFunc(ctx, stop)
	code := cmd.Execute(ctx, os.Args[1:], console.Standard())
	stop()
	os.Exit(code)
}
