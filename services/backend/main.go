// Command backend serves the dashboard's API: what runs in one Kubernetes namespace, and what ran there before.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"k8s.io/klog/v2"
)

func main() {
	if len(os.Args) == 3 && os.Args[1] == "-check" {
		os.Exit(check(os.Args[2], os.Stderr))
	}
	if len(os.Args) > 1 {
		fmt.Fprintln(os.Stderr, "usage: backend               serve; settings come from the environment, see README.md\n"+
			"       backend -check URL    exit 0 when URL answers with a 2xx status")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	// The first signal starts an orderly end; giving the default back lets a second one end it at once.
	context.AfterFunc(ctx, stop)

	log := slog.New(slog.NewJSONHandler(os.Stdout, nil))
	klog.SetSlogLogger(log) // client-go's own messages
	settings, err := readSettings(os.Getenv)
	if err == nil {
		err = serve(ctx, settings, log)
	}
	if err != nil {
		log.Error("backend stopped", "error", err.Error())
		os.Exit(1)
	}
}
