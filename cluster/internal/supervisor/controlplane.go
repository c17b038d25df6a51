package supervisor

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"time"

	"k8s.io/client-go/kubernetes"

	"github.com/helm-chart-factory/factory/cluster/internal/api"
	"github.com/helm-chart-factory/factory/cluster/internal/controlplane"
	"github.com/helm-chart-factory/factory/cluster/internal/process"
	"github.com/helm-chart-factory/factory/cluster/internal/progress"
)

// bootControlPlane starts etcd, API server and controllers and returns when the API can be used.
func bootControlPlane(ctx context.Context, group *process.Group, layout controlplane.Layout, client kubernetes.Interface, report *progress.Reporter) error {
	if err := group.Start(controlplane.EtcdProgram(layout)); err != nil {
		return err
	}
	if err := waitSocket(ctx, filepath.Join(layout.RunDir, controlplane.EtcdSocket)); err != nil {
		return fmt.Errorf("waiting for etcd: %w", err)
	}
	report.Step("etcd answers")
	if err := group.Start(controlplane.APIServerProgram(layout)); err != nil {
		return err
	}
	if err := api.WaitReady(ctx, client); err != nil {
		return fmt.Errorf("waiting for the API server: %w", err)
	}
	report.Step("API server ready")
	// Not before: it gives an API server ten seconds to come up, which a slow machine does not hold.
	return group.Start(controlplane.ControllerManagerProgram(layout))
}

// stopControlPlane ends the control plane in the order in which its parts need each other.
func stopControlPlane(group *process.Group) {
	group.Stop(2*time.Second, controlplane.ControllerManager, controlplane.Scheduler)
	// It would wait a minute for watchers to leave; what it acknowledged is in etcd already.
	group.Stop(2*time.Second, controlplane.APIServer)
	group.Stop(10*time.Second, controlplane.Etcd)
}

func waitSocket(ctx context.Context, path string) error {
	return api.Poll(ctx, 50*time.Millisecond, func(context.Context) error {
		conn, err := dialUnix(path)
		if err != nil {
			return err
		}
		return conn.Close()
	})
}

// dialUnix also reaches sockets whose path is longer than the 107 bytes that a socket address holds.
func dialUnix(path string) (net.Conn, error) {
	short, release, err := shorten(path)
	if err != nil {
		return nil, err
	}
	defer release()
	return net.DialTimeout("unix", short, time.Second)
}
