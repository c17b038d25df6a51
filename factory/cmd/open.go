package cmd

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"

	"github.com/helm-chart-factory/factory/factory/console"
	"github.com/helm-chart-factory/factory/factory/deploy"
	"github.com/helm-chart-factory/factory/factory/forward"
	"github.com/helm-chart-factory/factory/factory/kube"
	"github.com/helm-chart-factory/factory/factory/spec"
)

func newOpen(a *app) *cobra.Command {
	var on clusterFlags
	var env environmentFlag
	var local []string
	var browser bool
	command := &cobra.Command{
		Use:   "open NAME",
		Short: "Reach a service from this machine: its ports on localhost, until Ctrl-C",
		Long: `Forwards the ports of a service to this machine and prints where they are, until Ctrl-C (exit code 130). Each gets
the service's own port number if that is free here, else the next free one. Only this machine can reach them.
When the pod behind them goes, it goes on with another one that is ready, and says so. Of a service with an ingress the
URL is printed too.`,
		Example: `  factory open frontend
  factory open frontend --browser
  factory open database --port 15432
  factory open backend --port http=8080 --port metrics=9090 --env prod --cluster current
  factory open backend -o json | jq -r '.ports[0].url'`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeServices,
		RunE: func(c *cobra.Command, args []string) error {
			project, cluster, err := on.look(c.Context(), a, &env)
			if err != nil {
				return err
			}
			return a.open(c.Context(), project, cluster, args[0], local, browser)
		},
	}
	on.bind(command)
	env.bind(a, command)
	command.Flags().StringArrayVar(&local, "port", nil, "forward to this `LOCAL` port of this machine; NAME=LOCAL where the service has several")
	command.Flags().BoolVar(&browser, "browser", false, "open the first URL in the browser, with xdg-open")
	return command
}

func (a *app) open(ctx context.Context, project *spec.Project, cluster *kube.Cluster, name string, local []string, browser bool) error {
	found, err := released(ctx, project, cluster, []string{name})
	if err != nil {
		return err
	}
	address, ports, err := portsOf(&found[0])
	if err != nil {
		return err
	}
	if err := choosePorts(ports, local); err != nil {
		return err
	}
	if err := forward.Listen(ports); err != nil {
		return err
	}
	say := func(format string, args ...any) {
		fmt.Fprintln(a.Err, a.Paint(console.Dim, "· "+fmt.Sprintf(format, args...)))
	}
	err = forward.Serve(ctx, forward.Options{
		Cluster: cluster, Namespace: project.Namespace, Service: name, Selector: address.Spec.Selector, Ports: ports, Say: say,
		Connected: func(pod string) {
			a.printOpened(&found[0], ports, pod)
			if browser {
				browse(ctx, ports[0].URL(), say)
			}
		},
	})
	return ended(ctx, err)
}

// portsOf finds what can be forwarded of a service: the TCP ports of its Kubernetes Service, of that of its own name if
// it has several.
func portsOf(service *deploy.Service) (*corev1.Service, []*forward.Port, error) {
	addresses := slices.DeleteFunc(slices.Clone(service.Addresses), func(s corev1.Service) bool { return len(s.Spec.Selector) == 0 })
	if len(addresses) == 0 {
		return nil, nil, fmt.Errorf("service %s listens on no port: there is nothing to open\nnext: factory logs %s", service.Name, service.Name)
	}
	address := &addresses[max(slices.IndexFunc(addresses, func(s corev1.Service) bool { return s.Name == service.Name }), 0)]
	var ports []*forward.Port
	for _, port := range address.Spec.Ports {
		if port.Protocol == "" || port.Protocol == corev1.ProtocolTCP {
			ports = append(ports, &forward.Port{ServicePort: port})
		}
	}
	if len(ports) == 0 {
		return nil, nil, fmt.Errorf("service %s has no TCP port, and Kubernetes forwards nothing else", service.Name)
	}
	return address, ports, nil
}

// choosePorts reads --port: LOCAL, or NAME=LOCAL.
func choosePorts(ports []*forward.Port, local []string) error {
	var names []string
	for _, port := range ports {
		names = append(names, port.Name)
	}
	for _, given := range local {
		name, number, named := strings.Cut(given, "=")
		at := slices.Index(names, name)
		switch {
		case !named && len(ports) > 1:
			return usageError("--port %s: which one? The service has %s: say %s=%s", given, strings.Join(names, ", "), names[0], given)
		case !named:
			number, at = name, 0
		case at < 0:
			return usageError("--port %s: the service has no port %q: %s", given, name, spec.DidYouMean(name, names))
		}
		parsed, err := strconv.ParseUint(number, 10, 16)
		if err != nil || parsed == 0 {
			return usageError("--port %s: %q is no port: want a number from 1 to 65535", given, number)
		}
		ports[at].Local = int(parsed)
	}
	return nil
}

// opened is where a service is, for programs.
type opened struct {
	Service string       `json:"service"`
	Pod     string       `json:"pod"`
	Ports   []openedPort `json:"ports"`
	// URLs are those of its ingress.
	URLs []string `json:"urls"`
}

type openedPort struct {
	Name  string `json:"name,omitempty"`
	Port  int32  `json:"port"`
	Local int    `json:"local"`
	// URL has no scheme where the protocol is not known to be HTTP.
	URL string `json:"url"`
}

func (a *app) printOpened(service *deploy.Service, ports []*forward.Port, pod string) {
	if a.output == "json" {
		found := opened{Service: service.Name, Pod: pod, URLs: append([]string{}, service.URLs...)}
		for _, port := range ports {
			found.Ports = append(found.Ports, openedPort{port.Name, port.Port, port.Local, port.URL()})
		}
		_ = json.NewEncoder(a.Out).Encode(found) // nobody reads it where it cannot be written
		return
	}
	for _, port := range ports {
		fmt.Fprintf(a.Out, "%s port %d of %s, in pod %s\n", a.PaintOut(console.Bold, fmt.Sprintf("%-30s", port.URL())), port.Port, service.Name, pod)
	}
	for _, url := range service.URLs {
		fmt.Fprintf(a.Out, "%s its ingress\n", a.PaintOut(console.Bold, fmt.Sprintf("%-30s", url)))
	}
}

// browse opens a URL in the person's browser, where there is one.
func browse(ctx context.Context, url string, say func(string, ...any)) {
	program, err := exec.LookPath("xdg-open")
	if err != nil {
		say("there is no xdg-open on this machine: open %s in a browser", url)
		return
	}
	command := exec.CommandContext(ctx, program, url)
	if err := command.Start(); err != nil {
		say("xdg-open: %v: open %s in a browser", err, url)
		return
	}
	go func() { _ = command.Wait() }() // it goes on by itself
}
