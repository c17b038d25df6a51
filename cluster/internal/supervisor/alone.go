package supervisor

import (
	"context"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/helm-chart-factory/factory/cluster/internal/api"
	"github.com/helm-chart-factory/factory/cluster/internal/controlplane"
	"github.com/helm-chart-factory/factory/cluster/internal/instance"
	"github.com/helm-chart-factory/factory/cluster/internal/pki"
	"github.com/helm-chart-factory/factory/cluster/internal/process"
	"github.com/helm-chart-factory/factory/cluster/internal/progress"
)

const loopback = "127.0.0.1"

// runAlone runs a control plane without a node: loopback only, no rights needed.
func runAlone(ctx context.Context, inst instance.Instance, record instance.Record, report *progress.Reporter) error {
	port, err := freePort(record.APIPort)
	if err != nil {
		return err
	}
	record.APIPort = port
	record.Server = "https://" + net.JoinHostPort(loopback, strconv.Itoa(port))
	if err := inst.Save(record); err != nil {
		return err
	}
	err = pki.Write(pki.Plan{
		Dir:        inst.Path("pki"),
		ServerURL:  record.Server,
		AdminURL:   record.Server,
		APIHosts:   []string{"10.43.0.1"},
		AdminPath:  inst.Kubeconfig(),
		ContextTag: inst.Name,
	})
	if err != nil {
		return err
	}
	_, client, err := api.Connect(inst.Path("pki", "supervisor.kubeconfig"))
	if err != nil {
		return err
	}

	layout := controlplane.Layout{
		EtcdDir:  inst.Path("etcd"),
		RunDir:   inst.Path("run"),
		PKIDir:   inst.Path("pki"),
		Log:      inst.Log,
		BindIP:   loopback,
		PublicIP: loopback,
		Port:     port,
		Services: controlplane.DefaultServices,
	}
	group, booting := process.NewGroup(ctx, process.NewSpawner(), os.Stderr)
	defer group.StopAll(2 * time.Second)
	defer stopControlPlane(group)
	if err := bootControlPlane(booting, group, layout, client, report); err != nil {
		return err
	}
	if err := api.WaitServiceAccount(booting, client); err != nil {
		return fmt.Errorf("waiting for the controllers: %w", err)
	}
	group.Settle()
	record.Ready = true
	if err := inst.Save(record); err != nil {
		return err
	}
	report.Send(progress.Event{Ready: true})
	<-ctx.Done()
	return nil
}

// freePort returns preferred when it is free, so that a kubeconfig stays valid across restarts, else a free port.
func freePort(preferred int) (int, error) {
	for _, port := range []int{preferred, 0} {
		listener, err := net.Listen("tcp", net.JoinHostPort(loopback, strconv.Itoa(port)))
		if err != nil {
			continue
		}
		defer listener.Close()
		return listener.Addr().(*net.TCPAddr).Port, nil
	}
	return 0, fmt.Errorf("no free TCP port on %s", loopback)
}
