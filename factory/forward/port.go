// Package forward brings the ports of a service's pods to this machine, over the API server, and goes on with another pod when
// one goes.
package forward

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"syscall"

	corev1 "k8s.io/api/core/v1"
)

// Port is one port of a service and where on this machine it is.
type Port struct {
	corev1.ServicePort
	// Local is the port of this machine: the one that is wanted, 0 for any; then the one that it got.
	Local int

	listeners []net.Listener
}

// URL is what a person opens: an address with its scheme where it is known to be HTTP.
func (p *Port) URL() string {
	address := net.JoinHostPort("localhost", strconv.Itoa(p.Local))
	switch scheme := p.scheme(); {
	case scheme == "http" && p.Local == 80, scheme == "https" && p.Local == 443:
		return scheme + "://localhost/"
	case scheme != "":
		return scheme + "://" + address + "/"
	}
	return address
}

func (p *Port) scheme() string {
	app := ""
	if p.AppProtocol != nil {
		app = strings.ToLower(*p.AppProtocol)
	}
	switch {
	case app == "https" || app == "" && (p.ServicePort.Port == 443 || isNamed(p.Name, "https")):
		return "https"
	case app == "http" || app == "" && isNamed(p.Name, "http"):
		return "http"
	}
	return ""
}

// isNamed tells whether a port's name begins with a protocol's, as in "http-admin".
func isNamed(name, protocol string) bool {
	return name == protocol || strings.HasPrefix(name, protocol+"-")
}

// on is the number of the port in a pod.
func (p *Port) on(pod *corev1.Pod) (int32, error) {
	target := p.TargetPort
	if target.StrVal == "" {
		if target.IntVal == 0 {
			return p.ServicePort.Port, nil
		}
		return target.IntVal, nil
	}
	for _, list := range [][]corev1.Container{pod.Spec.Containers, pod.Spec.InitContainers} {
		for _, container := range list {
			for _, port := range container.Ports {
				if port.Name == target.StrVal {
					return port.ContainerPort, nil
				}
			}
		}
	}
	return 0, fmt.Errorf("pod %s has no port named %q", pod.Name, target.StrVal)
}

// tries is how many ports of this machine are tried where none is asked for.
const tries = 100

// unprivileged is what is added to a port that not everybody may listen on.
const unprivileged = 8000

// PortTakenError says that a port of this machine cannot be had.
type PortTakenError struct {
	Port int
	Err  error
}

func (e *PortTakenError) Error() string {
	return fmt.Sprintf("port %d of this machine cannot be used: %v\nnext: name another, or none, to have one chosen", e.Port, e.Err)
}

func (e *PortTakenError) Unwrap() error { return e.Err }

// Listen listens for each port on this machine's loopback addresses alone: on the local port that is asked for, else on the
// service's own if it is free, else on the next free one (those below 1024 are followed by the same plus 8000).
func Listen(ports []*Port) error {
	for _, port := range ports {
		if err := port.listen(); err != nil {
			Close(ports)
			return err
		}
	}
	return nil
}

// Close lets go of all ports.
func Close(ports []*Port) {
	for _, port := range ports {
		for _, listener := range port.listeners {
			listener.Close()
		}
		port.listeners = nil
	}
}

func (p *Port) listen() error {
	if p.Local != 0 {
		if err := p.listenOn(p.Local); err != nil {
			return &PortTakenError{p.Local, err}
		}
		return nil
	}
	first, err := int(p.ServicePort.Port), error(nil)
	for i := range tries {
		local := first + i
		if first < 1024 && i > 0 {
			local = first + unprivileged + i - 1
		}
		if local > 65535 {
			break
		}
		if err = p.listenOn(local); err == nil {
			p.Local = local
			return nil
		}
	}
	return &PortTakenError{first, err}
}

// listenOn listens on the loopback addresses of both families, so that "localhost" is the same port whichever is tried first.
// A machine without IPv6 has one.
func (p *Port) listenOn(local int) error {
	var listeners []net.Listener
	for _, address := range []string{"127.0.0.1", "::1"} {
		listener, err := net.Listen("tcp", net.JoinHostPort(address, strconv.Itoa(local)))
		switch {
		case err == nil:
			listeners = append(listeners, listener)
		case address == "::1" && !errors.Is(err, syscall.EADDRINUSE):
		default:
			for _, listener := range listeners {
				listener.Close()
			}
			return reason(err)
		}
	}
	p.listeners = listeners
	return nil
}

// reason is why a port cannot be had, without the address, which is said already.
func reason(err error) error {
	var system *net.OpError
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("it is in use: %w", syscall.EADDRINUSE)
	case errors.As(err, &system):
		return system.Err
	}
	return err
}
