package cmd

import (
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/helm-chart-factory/factory/factory/deploy"
	"github.com/helm-chart-factory/factory/factory/forward"
)

func TestChoosePorts(t *testing.T) {
	for name, test := range map[string]struct {
		names []string
		given []string
		want  []int
		err   string
	}{
		"the only one":     {names: []string{"http"}, given: []string{"8080"}, want: []int{8080}},
		"by name":          {names: []string{"http", "metrics"}, given: []string{"metrics=9090"}, want: []int{0, 9090}},
		"none":             {names: []string{"http"}, want: []int{0}},
		"which of several": {names: []string{"http", "metrics"}, given: []string{"9090"}, err: "--port 9090: which one? The service has http, metrics: say http=9090"},
		"an unknown name":  {names: []string{"http", "metrics"}, given: []string{"metrisc=1"}, err: `--port metrisc=1: the service has no port "metrisc": did you mean "metrics"?`},
		"not a number":     {names: []string{"http"}, given: []string{"web"}, err: `--port web: "web" is no port: want a number from 1 to 65535`},
		"too big a number": {names: []string{"http"}, given: []string{"65536"}, err: `--port 65536: "65536" is no port: want a number from 1 to 65535`},
		"no number at all": {names: []string{"http"}, given: []string{"http="}, err: `--port http=: "" is no port: want a number from 1 to 65535`},
	} {
		t.Run(name, func(t *testing.T) {
			var ports []*forward.Port
			for _, name := range test.names {
				ports = append(ports, &forward.Port{ServicePort: corev1.ServicePort{Name: name}})
			}
			err := choosePorts(ports, test.given)
			if test.err != "" {
				if err == nil || err.Error() != test.err {
					t.Errorf("got %v, want %s", err, test.err)
				}
				return
			}
			for i, port := range ports {
				if err != nil || port.Local != test.want[i] {
					t.Errorf("%s: got %d %v, want %d", port.Name, port.Local, err, test.want[i])
				}
			}
		})
	}
}

func TestPortsOfAService(t *testing.T) {
	address := func(name string, ports ...corev1.ServicePort) corev1.Service {
		s := corev1.Service{Spec: corev1.ServiceSpec{Selector: map[string]string{"app": "web"}, Ports: ports}}
		s.Name = name
		return s
	}
	udp := corev1.ServicePort{Name: "dns", Port: 53, Protocol: corev1.ProtocolUDP}
	for want, service := range map[string]deploy.Service{
		"service web listens on no port: there is nothing to open\nnext: factory logs web": {Name: "web"},
		"service web has no TCP port, and Kubernetes forwards nothing else":                {Name: "web", Addresses: []corev1.Service{address("web", udp)}},
	} {
		if _, _, err := portsOf(&service); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	service := deploy.Service{Name: "web", Addresses: []corev1.Service{
		address("web-admin", corev1.ServicePort{Port: 9}), address("web", udp, corev1.ServicePort{Name: "http", Port: 80}),
	}}
	if _, ports, err := portsOf(&service); err != nil || len(ports) != 1 || ports[0].Name != "http" {
		t.Errorf("got %v %v, want the TCP port of the address of the service's name", ports, err)
	}
}
