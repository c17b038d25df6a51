package supervisor

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/helm-chart-factory/factory/cluster/addons"
	"github.com/helm-chart-factory/factory/cluster/internal/api"
	"github.com/helm-chart-factory/factory/cluster/internal/apply"
	"github.com/helm-chart-factory/factory/cluster/internal/instance"
	"github.com/helm-chart-factory/factory/cluster/internal/loadbalancer"
	"github.com/helm-chart-factory/factory/cluster/internal/network"
	"github.com/helm-chart-factory/factory/cluster/internal/node"
	"github.com/helm-chart-factory/factory/cluster/internal/progress"
)

// bringUp makes the booting node usable: images, add-ons and the way to its ingress.
func bringUp(ctx context.Context, inst instance.Instance, record *instance.Record, started time.Time, report *progress.Reporter) error {
	type imported struct {
		available map[string]bool
		err       error
	}
	images := make(chan imported, 1)
	go func() {
		available, err := importImages(ctx, inst.Path("run"), *record, report)
		images <- imported{available, err}
	}()
	config, client, err := api.Connect(inst.Kubeconfig())
	if err != nil {
		return err
	}
	if err := api.WaitNode(ctx, client, inst.Name, started); err != nil {
		return fmt.Errorf("waiting for the node: %w", err)
	}
	report.Step("node ready")
	if err := api.WaitServiceAccount(ctx, client); err != nil {
		return fmt.Errorf("waiting for the controllers: %w", err)
	}
	go loadbalancer.Run(ctx, client, record.Network.NodeIP, os.Stderr)
	if err := api.WaitPods(ctx, client, started); err != nil {
		return fmt.Errorf("waiting for the pods of the last run: %w", err)
	}
	ready := <-images
	if ready.err != nil {
		return ready.err
	}
	record.LeftOut = missingAddons(ready.available)
	if len(record.LeftOut) > 0 {
		report.Warn(fmt.Sprintf("left out, since %s has no image of it: %s", record.Options.Images, strings.Join(record.LeftOut, ", ")))
	}
	if err := applyAddons(ctx, config, client, *record, ready.available, report); err != nil {
		return err
	}
	if ready.available[addons.Traefik] {
		record.Ingress = openIngress(ctx, *record, report)
	}
	return nil
}

func applyAddons(ctx context.Context, config *rest.Config, client kubernetes.Interface, record instance.Record, available map[string]bool, report *progress.Reporter) error {
	manifests, err := addons.Manifests(addons.Options{
		DNSIP:       record.Network.DNSIP,
		Domain:      node.ClusterDomain,
		StoragePath: node.VolumesDir,
		NodeIP:      record.Network.NodeIP,
		Available:   available,
	})
	if err != nil {
		return err
	}
	objects, err := apply.Decode(manifests)
	if err != nil {
		return err
	}
	if err := apply.Apply(ctx, config, objects); err != nil {
		return err
	}
	return apply.Wait(ctx, client, objects, func(name string) { report.Step(name + " available") })
}

// openIngress forwards the host's ports 80 and 443 to the node if that is wanted and possible, and returns the address at
// which the host reaches the ingress.
func openIngress(ctx context.Context, record instance.Record, report *progress.Reporter) string {
	if !record.Options.IngressPorts {
		return record.Network.NodeIP
	}
	var listeners []net.Listener
	for _, port := range []string{"80", "443"} {
		listener, err := net.Listen("tcp", net.JoinHostPort(loopback, port))
		if err != nil {
			for _, open := range listeners {
				open.Close()
			}
			report.Warn(fmt.Sprintf("the host's port %s is not free: the ingress is at %s instead (%v)", port, record.Network.NodeIP, err))
			return record.Network.NodeIP
		}
		listeners = append(listeners, listener)
	}
	for i, port := range []string{"80", "443"} {
		context.AfterFunc(ctx, func() { listeners[i].Close() })
		go network.Forward(listeners[i], net.JoinHostPort(record.Network.NodeIP, port))
	}
	return loopback
}
