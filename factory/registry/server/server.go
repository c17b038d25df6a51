// Package server is the CNCF distribution registry as one HTTP handler and as a process that serves it on loopback.
package server

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"path/filepath"

	"github.com/distribution/distribution/v3/configuration"
	"github.com/distribution/distribution/v3/registry/handlers"
	_ "github.com/distribution/distribution/v3/registry/storage/driver/filesystem" // registers the one storage driver we use
	"github.com/sirupsen/logrus"
)

// InstanceHeader is on every answer. Its value is the instance's own, so that a caller knows whom it reached.
const InstanceHeader = "Factory-Registry"

// Handler answers the OCI distribution API from the files below dir. Its log goes to log, which is the process' one
// distribution log: the library has no other. close ends its background work.
func Handler(ctx context.Context, config []byte, dir, instance string, log io.Writer) (handler http.Handler, stop func() error, err error) {
	parsed, err := configuration.Parse(bytes.NewReader(config))
	if err != nil {
		return nil, nil, fmt.Errorf("reading the registry's configuration: %w", err)
	}
	parsed.Storage["filesystem"] = configuration.Parameters{
		"rootdirectory": filepath.Join(dir, "data"),
		"maxthreads":    parsed.Storage["filesystem"]["maxthreads"],
	}
	parsed.HTTP.Secret = rand.Text()
	level, err := logrus.ParseLevel(string(parsed.Log.Level))
	if err != nil {
		return nil, nil, fmt.Errorf("reading the registry's configuration: %w", err)
	}
	logrus.SetOutput(log)
	logrus.SetLevel(level)

	// The library panics where it cannot start.
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("starting the registry in %s: %v", dir, cause)
		}
	}()
	app := handlers.NewApp(ctx, parsed)
	served := fullDisk(app)
	marked := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(InstanceHeader, instance)
		served.ServeHTTP(w, r)
	})
	return marked, app.Shutdown, nil
}
