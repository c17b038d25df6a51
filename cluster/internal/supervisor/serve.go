package supervisor

import (
	"context"
	"fmt"
	"net"
	"strconv"

	"github.com/helm-chart-factory/factory/cluster/internal/instance"
	"github.com/helm-chart-factory/factory/cluster/internal/network"
)

// serve opens what the node reaches on the host, until ctx ends: the registry, and the image pulls' way out. Both listen on
// the node's loopback, so neither pods nor other machines get there.
func serve(ctx context.Context, record instance.Record) error {
	pulls, err := network.ListenIn(record.NodePID, net.JoinHostPort(loopback, strconv.Itoa(pullPort)))
	if err != nil {
		return err
	}
	context.AfterFunc(ctx, func() { pulls.Close() })
	go network.ServeProxy(pulls)
	if port := record.Options.RegistryPort; port != 0 {
		address := net.JoinHostPort(loopback, strconv.Itoa(port))
		registry, err := network.ListenIn(record.NodePID, address)
		if err != nil {
			return fmt.Errorf("forwarding the registry's port: %w", err)
		}
		context.AfterFunc(ctx, func() { registry.Close() })
		go network.Forward(registry, address)
	}
	return nil
}
