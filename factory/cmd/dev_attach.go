package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/helm-chart-factory/factory/factory/deploy"
	"github.com/helm-chart-factory/factory/factory/forward"
	"github.com/helm-chart-factory/factory/factory/logs"
	"github.com/helm-chart-factory/factory/factory/spec"
)

// attachment is what goes on for services that run: their ports are forwarded and their logs are shown.
type attachment struct {
	// begun is true from the first time on.
	begun   bool
	printer *logs.Printer
	// forwards and logs are by service.
	forwards map[string]*going
	logs     map[string]*going
}

// going is something that goes on until it is stopped.
type going struct {
	// about tells what it goes by. When that is another thing, it has to begin anew.
	about string
	stop  context.CancelFunc
	over  sync.WaitGroup
	// ports are those that are forwarded.
	ports []*forward.Port
}

func (g *going) end() {
	if g != nil {
		g.stop()
		g.over.Wait()
	}
}

// wait returns when all has ended that was begun.
func (a *attachment) wait() {
	for _, all := range []map[string]*going{a.forwards, a.logs} {
		for _, one := range all {
			one.end()
		}
	}
}

// Attach implements dev.Steps: it goes by what the release has now, and leaves alone what goes on already.
func (d *development) Attach(ctx context.Context, project *spec.Project) {
	services, err := d.runningServices(ctx, project)
	if err != nil {
		if ctx.Err() == nil {
			d.say("%v", err)
		}
		return
	}
	if !d.attached.begun && len(services) > 0 {
		d.attached = attachment{
			begun: true, forwards: map[string]*going{}, logs: map[string]*going{},
			printer: logs.NewPrinter(d.Streams, logs.Form{JSON: d.output == "json", Live: true}),
		}
	}
	there := map[string]bool{}
	for i := range services {
		there[services[i].Name] = true
		d.showLogs(ctx, &services[i])
		d.forwardPorts(ctx, &services[i])
	}
	for _, all := range []map[string]*going{d.attached.forwards, d.attached.logs} {
		for _, name := range slices.Sorted(maps.Keys(all)) {
			if !there[name] {
				all[name].end()
				delete(all, name)
			}
		}
	}
}

// runningServices are the services of the release that are worked on.
func (d *development) runningServices(ctx context.Context, project *spec.Project) ([]deploy.Service, error) {
	release, err := deploy.Find(ctx, d.cluster, project.Name, project.Namespace)
	if err != nil || release == nil {
		return nil, err // without a release the round has said why
	}
	services, err := release.Services()
	if err != nil || len(d.names) == 0 {
		return services, err
	}
	return slices.DeleteFunc(services, func(s deploy.Service) bool { return !slices.Contains(d.names, s.Name) }), nil
}

// showLogs shows what the pods of a service write from the beginning of dev on.
func (d *development) showLogs(ctx context.Context, service *deploy.Service) {
	about := fmt.Sprint(service.Pods)
	if now := d.attached.logs[service.Name]; now != nil && now.about == about {
		return
	}
	d.attached.logs[service.Name].end()
	client, err := d.cluster.Client()
	if err != nil {
		d.say("%v", err)
		return
	}
	printer := d.attached.printer
	opts := logs.Options{
		Client: client, Namespace: service.Namespace, Services: withPods([]deploy.Service{*service}),
		Since: time.Since(d.start), Tail: -1,
		Begin: func(origins []logs.Origin) { d.print(func() { printer.Begin(origins) }) },
		Show:  func(line logs.Line) { d.print(func() { printer.Line(line) }) },
		Say: func(about logs.Origin, format string, args ...any) {
			d.print(func() { printer.Say(about, format, args...) })
		},
	}
	d.attached.logs[service.Name] = d.begin(ctx, about, func(ctx context.Context) error { return logs.Follow(ctx, opts) })
}

// forwardPorts forwards the ports of a service, to the same ports of this machine as before if it can.
func (d *development) forwardPorts(ctx context.Context, service *deploy.Service) {
	address, ports, err := portsOf(service)
	now := d.attached.forwards[service.Name]
	if err != nil {
		now.end()
		delete(d.attached.forwards, service.Name)
		return // a service without a port is none to open
	}
	about, err := json.Marshal(address.Spec)
	if err != nil {
		d.say("%s: %v", service.Name, err)
		return
	}
	if now != nil && now.about == string(about) {
		return
	}
	now.end()
	if err := listenAgain(ports, now); err != nil {
		d.say("%s: %s", service.Name, strings.ReplaceAll(err.Error(), "\n", "; "))
		return
	}
	opts := forward.Options{
		Cluster: d.cluster, Namespace: service.Namespace, Service: service.Name, Selector: address.Spec.Selector, Ports: ports,
		Connected: func(pod string) { d.print(func() { d.printOpened(service, ports, pod) }) },
		Say:       d.say,
	}
	forwarding := d.begin(ctx, string(about), func(ctx context.Context) error { return forward.Serve(ctx, opts) })
	forwarding.ports = ports
	d.attached.forwards[service.Name] = forwarding
}

// listenAgain listens for ports, where it can on those that were used before.
func listenAgain(ports []*forward.Port, before *going) error {
	if before == nil {
		return forward.Listen(ports)
	}
	for _, port := range ports {
		at := slices.IndexFunc(before.ports, func(p *forward.Port) bool { return p.Port == port.Port })
		if at >= 0 {
			port.Local = before.ports[at].Local
		}
	}
	err := forward.Listen(ports)
	if !errors.As(err, new(*forward.PortTakenError)) {
		return err
	}
	for _, port := range ports {
		port.Local = 0
	}
	return forward.Listen(ports)
}

// begin lets something go on, and says when it cannot.
func (d *development) begin(ctx context.Context, about string, do func(context.Context) error) *going {
	ctx, stop := context.WithCancel(ctx)
	g := &going{about: about, stop: stop}
	g.over.Go(func() {
		if err := do(ctx); err != nil && ctx.Err() == nil {
			d.say("%v", err)
		}
	})
	return g
}

func (d *development) print(write func()) {
	d.printing.Lock()
	defer d.printing.Unlock()
	write()
}
