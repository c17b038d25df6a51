package supervisor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/helm-chart-factory/factory/cluster/internal/api"
	"github.com/helm-chart-factory/factory/cluster/internal/containerd"
	"github.com/helm-chart-factory/factory/cluster/internal/instance"
	"github.com/helm-chart-factory/factory/cluster/internal/network"
	"github.com/helm-chart-factory/factory/cluster/internal/node"
	"github.com/helm-chart-factory/factory/cluster/internal/registries"
)

// writeRuntimeConfig writes what containerd reads, with what registries.yaml says. It tells whether containerd must be
// started again for it, and which endpoints the supervisor has to serve.
func writeRuntimeConfig(inst instance.Instance, record instance.Record) (changed bool, routes []registries.Route, err error) {
	file, err := registries.Load(record.Options.Registries)
	if err != nil {
		return false, nil, err
	}
	plan, err := registries.Convert(file)
	if err != nil {
		return false, nil, fmt.Errorf("registries file %q: %w", record.Options.Registries, err)
	}
	certs := filepath.Join("etc", "certs.d")
	if err := plan.Write(inst.Path(certs), filepath.Join(node.Root, certs)); err != nil {
		return false, nil, fmt.Errorf("registries file %q: %w", record.Options.Registries, err)
	}
	plugins, err := containerd.PluginDir()
	if err != nil {
		return false, nil, err
	}
	snapshotter, err := node.Snapshotter(inst.Dir)
	if err != nil {
		return false, nil, err
	}
	config := containerd.Config{
		PluginDir:   plugins,
		NetworkDir:  filepath.Join(node.Root, "etc", "cni"),
		CertsDir:    filepath.Join(node.Root, certs),
		Snapshotter: snapshotter,
		Auths:       plan.Auths,
	}.Render()
	path := inst.Path("etc", "containerd.toml")
	had, err := os.ReadFile(path)
	if err == nil && bytes.Equal(had, config) {
		return false, plan.Routes, nil
	}
	return true, plan.Routes, instance.WriteFile(path, config, 0o600)
}

// routeServer serves the endpoints whose repositories are rewritten, on the node's loopback.
type routeServer struct {
	nodePID   int
	listeners []net.Listener
}

// set replaces what is served.
func (s *routeServer) set(routes []registries.Route) error {
	for _, listener := range s.listeners {
		listener.Close()
	}
	s.listeners = nil
	for _, route := range routes {
		handler, err := route.Handler()
		if err != nil {
			return err
		}
		listener, err := network.ListenIn(s.nodePID, net.JoinHostPort(loopback, strconv.Itoa(route.Port)))
		if err != nil {
			return err
		}
		s.listeners = append(s.listeners, listener)
		go (&http.Server{Handler: handler, ReadHeaderTimeout: 15 * time.Second}).Serve(listener)
	}
	return nil
}

// reload reads registries.yaml again, for containers that are pulled from now on.
func reload(ctx context.Context, inst instance.Instance, record instance.Record, routes *routeServer) error {
	changed, wanted, err := writeRuntimeConfig(inst, record)
	if err != nil {
		return err
	}
	if err := routes.set(wanted); err != nil {
		return err
	}
	if !changed {
		return nil
	}
	client := containerd.Client{Address: containerd.SocketOf(record.NodePID)}
	before := client.Started()
	if err := syscall.Kill(record.NodePID, syscall.SIGHUP); err != nil {
		return fmt.Errorf("asking the node to start containerd again: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	return api.Poll(ctx, 200*time.Millisecond, func(context.Context) error {
		if now := client.Started(); !now.After(before) {
			return errors.New("containerd has not been started again yet")
		}
		return nil
	})
}
