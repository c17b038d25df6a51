package doctor_test

import (
	"context"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"testing"

	"github.com/helm-chart-factory/factory/factory/clustertest"
	"github.com/helm-chart-factory/factory/factory/registry/server"
	registrydata "github.com/helm-chart-factory/factory/registry"
)

// TestMain serves a registry when --fix runs this test binary as its background program.
func TestMain(m *testing.M) {
	if len(os.Args) == 4 && os.Args[1] == "serve-for-test" {
		os.Exit(serve(os.Args[2], os.Args[3]))
	}
	os.Exit(clustertest.Run(m))
}

func serve(port, dir string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	number, err := strconv.Atoi(port)
	if err == nil {
		err = server.Serve(ctx, server.Options{Port: number, Dir: dir, Config: registrydata.Config, Log: os.Stderr})
	}
	if err != nil {
		return 1
	}
	return 0
}
