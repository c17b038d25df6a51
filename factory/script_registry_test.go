package main_test

import (
	"context"
	"io"
	"net/http/httptest"
	"net/url"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/helm-chart-factory/factory/factory/image"
	"github.com/helm-chart-factory/factory/factory/registry/server"
	registrydata "github.com/helm-chart-factory/factory/registry"
)

// registry gives a script a registry of its own: `registry serve` sets REGISTRY to its address, `registry image NAME ARCHITECTURE`
// pushes a small image, which is another one for each architecture.
func registry(ts *testscript.TestScript, negated bool, args []string) {
	switch {
	case !negated && len(args) == 1 && args[0] == "serve":
		handler, stop, err := server.Handler(context.Background(), registrydata.Config, ts.MkAbs("registry"), "script", io.Discard)
		ts.Check(err)
		web := httptest.NewServer(handler)
		ts.Defer(func() {
			web.Close()
			ts.Check(stop())
		})
		address, err := url.Parse(web.URL)
		ts.Check(err)
		ts.Setenv("REGISTRY", "localhost:"+address.Port())
	case !negated && len(args) == 3 && args[0] == "image":
		ts.Check(image.PushProbe(context.Background(), ts.Getenv("REGISTRY")+"/"+args[1], args[2]))
	default:
		ts.Fatalf("usage: registry serve | registry image NAME ARCHITECTURE")
	}
}
