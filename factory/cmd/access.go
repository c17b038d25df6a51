package cmd

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/helm-chart-factory/factory/factory/certs"
	"github.com/helm-chart-factory/factory/factory/cluster"
	"github.com/helm-chart-factory/factory/factory/console"
	"github.com/helm-chart-factory/factory/factory/kube"
	"github.com/helm-chart-factory/factory/factory/machine"
	"github.com/helm-chart-factory/factory/factory/paths"
)

// access is how a person reaches the stack.
type access struct {
	URLs       []string `json:"urls"`
	Trust      string   `json:"trust,omitempty"` // a PEM file
	Kubeconfig string   `json:"kubeconfig,omitempty"`
	Context    string   `json:"context"`
	Namespace  string   `json:"namespace"`
}

// nameHosts makes the ingress' hosts resolve on this machine, for a cluster that runs on it.
func (s *stack) nameHosts(ctx context.Context) error {
	hosts := s.ingressHosts()
	if len(hosts) == 0 || s.cluster.Kind != kube.Embedded && s.cluster.Kind != kube.K3s {
		return nil
	}
	return s.step(ctx, "names in "+machine.HostsFile, "", func(ctx context.Context, say console.Reporter) error {
		address, err := s.ingressAddress(ctx)
		if err != nil {
			return err
		}
		for _, host := range hosts {
			switch added, err := machine.NameHost(machine.HostsFile, paths.Instance(), host, address); {
			case err != nil:
				// Somebody's own line wins: the stack is up either way.
				say("%v", err)
			case added:
				say("%s is %s", host, address)
			}
		}
		return nil
	})
}

func (s *stack) ingressHosts() []string {
	var hosts []string
	for _, service := range s.project.Released() {
		if service.Ingress != nil {
			hosts = append(hosts, service.Ingress.Hosts...)
		}
	}
	return hosts
}

// ingressAddress is where the cluster's ingress answers: what the embedded cluster says, else what the ingress
// controller published on one of the release's ingresses.
func (s *stack) ingressAddress(ctx context.Context) (string, error) {
	if s.cluster.Kind == kube.Embedded {
		program, err := cluster.FindBuilt(ctx, s.dir, s.Err)
		if err != nil {
			return "", err
		}
		status, err := program.Status(ctx)
		if err != nil {
			return "", err
		}
		return status.IngressAddress(), nil
	}
	client, err := s.cluster.Client()
	if err != nil {
		return "", err
	}
	ingresses, err := client.NetworkingV1().Ingresses(s.project.Namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return "", fmt.Errorf("looking for the address of the ingress: %w", err)
	}
	for _, ingress := range ingresses.Items {
		for _, balancer := range ingress.Status.LoadBalancer.Ingress {
			if balancer.IP != "" {
				return balancer.IP, nil
			}
		}
	}
	return "", fmt.Errorf("no ingress controller has published an address on the ingresses of namespace %s\nnext: install one, or reach the service by kubectl port-forward", s.project.Namespace)
}

// saveTrust writes what a person has to trust into a file of its own and returns its path, or "" without TLS.
func (s *stack) saveTrust(ctx context.Context) (string, error) {
	for _, service := range s.project.Released() {
		if service.Ingress == nil || service.Ingress.TLS.Issuer != s.project.Issuer.Name {
			continue
		}
		pem, err := certs.Trust(ctx, s.cluster, s.project.Namespace, cmp.Or(service.Ingress.TLS.Secret, service.Name+"-tls"))
		if err != nil {
			return "", err
		}
		file := trustFile()
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return "", err
		}
		return file, os.WriteFile(file, pem, 0o644)
	}
	return "", nil
}

// trustInChromium is the command that makes Chromium take the file: a root is an authority, a certificate that is its
// own root a trusted peer.
func (s *stack) trustInChromium() string {
	kind := "P,,"
	if s.project.Issuer.Type == "ca" {
		kind = "C,,"
	}
	return "certutil -d sql:$HOME/.pki/nssdb -A -t " + kind + " -n factory -i FILE"
}

func trustFile() string { return filepath.Join(paths.Home(), "ca.pem") }

func (s *stack) printAccess(ctx context.Context, took time.Duration) error {
	trust, err := s.saveTrust(ctx)
	if err != nil {
		return err
	}
	found := access{Trust: trust, Kubeconfig: s.cluster.Kubeconfig, Context: s.cluster.Context, Namespace: s.project.Namespace}
	for _, service := range s.project.Released() {
		if service.Ingress != nil {
			found.URLs = append(found.URLs, service.Ingress.URLs()...)
		}
	}
	if s.output == "json" {
		return json.NewEncoder(s.Out).Encode(found)
	}
	fmt.Fprintf(s.Out, "\n%s runs, after %s.\n\n", s.project.Name, console.Elapsed(took))
	for _, url := range found.URLs {
		fmt.Fprintf(s.Out, "  open         %s\n", url)
	}
	if trust != "" {
		fmt.Fprintf(s.Out, "  trust        %s   (curl --cacert FILE; in Chromium: %s)\n", trust, s.trustInChromium())
	}
	if found.Kubeconfig != "" {
		fmt.Fprintf(s.Out, "  kubeconfig   export KUBECONFIG=%s\n", found.Kubeconfig)
	} else {
		fmt.Fprintf(s.Out, "  kubeconfig   context %s of your own\n", found.Context)
	}
	if s.cluster.Kind == kube.Embedded {
		fmt.Fprintf(s.Out, "  kubectl      bin/factory cluster kubectl -- get pods -n %s\n", found.Namespace)
	}
	fmt.Fprintf(s.Out, "  take down    make down\n")
	return nil
}
