package server

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/helm-chart-factory/factory/factory/registry/state"
)

// Options say where a registry listens and where it keeps its data.
type Options struct {
	Port   int
	Dir    string // its data, state file and lock
	Config []byte // the distribution registry's own configuration format
	Log    io.Writer
}

const drain = 5 * time.Second

// Serve answers on the loopback addresses until ctx ends. It holds the lock of o.Dir meanwhile, so that no second
// registry writes the same data, and describes itself in the state file there.
func Serve(ctx context.Context, o Options) error {
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return err
	}
	unlock, err := state.Lock(filepath.Join(o.Dir, state.ServeLock))
	if err != nil {
		return fmt.Errorf("another registry uses %s: %w", o.Dir, err)
	}
	defer unlock()
	listeners, err := listenLoopback(o.Port)
	if err != nil {
		return err
	}
	instance := rand.Text()
	handler, stop, err := Handler(ctx, o.Config, o.Dir, instance, o.Log)
	if err != nil {
		return err
	}
	defer stop()
	self, err := state.Self(o.Port, instance, o.Config)
	if err != nil {
		return err
	}
	if err := self.Write(o.Dir); err != nil {
		return err
	}
	defer state.Remove(o.Dir)
	return serveAll(ctx, &http.Server{Handler: handler, ReadHeaderTimeout: 30 * time.Second}, listeners)
}

// listenLoopback binds 127.0.0.1 and, where the machine has IPv6, ::1: "localhost" means either.
func listenLoopback(port int) ([]net.Listener, error) {
	four, err := net.Listen("tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return nil, err
	}
	if !hasIPv6Loopback() {
		return []net.Listener{four}, nil
	}
	six, err := net.Listen("tcp6", net.JoinHostPort("::1", strconv.Itoa(port)))
	if err != nil {
		four.Close()
		return nil, err
	}
	return []net.Listener{four, six}, nil
}

func hasIPv6Loopback() bool {
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return false
	}
	for _, address := range addresses {
		if ip, ok := address.(*net.IPNet); ok && ip.IP.Equal(net.IPv6loopback) {
			return true
		}
	}
	return false
}

func serveAll(ctx context.Context, server *http.Server, listeners []net.Listener) error {
	failed := make(chan error, len(listeners))
	var serving sync.WaitGroup
	for _, listener := range listeners {
		serving.Go(func() { failed <- server.Serve(listener) })
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	// A context of its own: ctx has ended, and pushes under way deserve their last seconds.
	rest, cancel := context.WithTimeout(context.Background(), drain)
	defer cancel()
	if server.Shutdown(rest) != nil {
		server.Close()
	}
	serving.Wait()
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return err
}
