package doctor

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/helm-chart-factory/factory/factory/kube"
	"github.com/helm-chart-factory/factory/factory/machine"
	"github.com/helm-chart-factory/factory/factory/paths"
	"github.com/helm-chart-factory/factory/factory/spec"
)

const defaultIngressClass = "ingressclass.kubernetes.io/is-default-class"

// ingressClass wants the class that each ingress names, or some class where it names none.
func (e *examination) ingressClass(ctx context.Context) Verdict {
	services := withIngress(e.Project)
	if len(services) == 0 {
		return notHere("no service has an ingress")
	}
	list, err := e.client.NetworkingV1().IngressClasses().List(ctx, metav1.ListOptions{})
	if err != nil {
		return notAllowed(err)
	}
	var classes []string
	standard := "no default, and a controller may take it anyway"
	for _, class := range list.Items {
		classes = append(classes, class.Name)
		if class.Annotations[defaultIngressClass] == "true" {
			standard = "the default"
		}
	}
	there := strings.Join(classes, ", ")
	var problems []Problem
	for _, service := range services {
		class := service.Ingress.Class
		problem := Problem{Why: "no controller takes the ingress: its host answers 404 or nothing at all"}
		switch {
		case len(classes) == 0:
			problem.Saw = fmt.Sprintf("the ingress of %s needs a controller, and the cluster has no ingress class", service.Name)
			problem.Fix = "install an ingress controller; k3s and the embedded cluster bring Traefik"
		case class != "" && !slices.Contains(classes, class):
			problem.Saw = fmt.Sprintf("the ingress of %s names class %s; the cluster has %s", service.Name, class, there)
			problem.Fix = fmt.Sprintf("%s: class: %s, or leave class out for the cluster's default", service.At("ingress", "class"), strings.Join(classes, " | "))
		default:
			continue
		}
		problems = append(problems, problem)
	}
	if len(problems) > 0 {
		return failed("an ingress has no controller", problems...)
	}
	if slices.ContainsFunc(services, func(s *spec.Service) bool { return s.Ingress.Class == "" }) {
		there += " (" + standard + ")"
	}
	return passed("%s", there)
}

func withIngress(p *spec.Project) []*spec.Service {
	return slices.DeleteFunc(slices.Clone(p.Released()), func(s *spec.Service) bool { return s.Ingress == nil })
}

// hosts wants every ingress' host to resolve here, and for a cluster of this machine to where its ingress answers.
func (e *examination) hosts(ctx context.Context) Verdict {
	var hosts []string
	for _, service := range withIngress(e.Project) {
		hosts = append(hosts, service.Ingress.Hosts...)
	}
	if len(hosts) == 0 {
		return notHere("no service has an ingress")
	}
	local := e.cluster.Kind == kube.Embedded || e.cluster.Kind == kube.K3s
	address, unknown := "", error(nil)
	if local {
		address, unknown = e.IngressAddress(ctx, e.cluster)
	}
	var problems []Problem
	var seen []string
	for _, host := range hosts {
		if strings.HasPrefix(host, "*.") {
			continue // what it stands for is not a name
		}
		found, err := net.DefaultResolver.LookupHost(ctx, host)
		if err == nil && (address == "" || slices.Contains(found, address)) {
			seen = append(seen, host+" is "+found[0])
			continue
		}
		problem := Problem{Why: "a browser on this machine does not find the page"}
		if err != nil {
			problem.Saw = host + " does not resolve on this machine"
		} else {
			problem.Saw = fmt.Sprintf("%s is %s on this machine, and the ingress answers on %s", host, strings.Join(found, ", "), address)
		}
		switch {
		case address != "":
			problem.Fix = fmt.Sprintf("echo %q | sudo tee -a %s", address+" "+host, e.Hosts)
			if err == nil {
				problem.Fix = fmt.Sprintf("change its line in %s, or its DNS record, to: %s %s", e.Hosts, address, host)
			}
			problem.remedy = e.nameHost(host, address)
		case unknown != nil:
			problem.Fix = fmt.Sprintf("add a line to %s once the ingress has an address (%v)", e.Hosts, firstLine(unknown.Error()))
		default:
			problem.Fix = fmt.Sprintf("a DNS record for %s, or a line in %s with the address of the ingress: kubectl -n %s get ingress", host, e.Hosts, e.Project.Namespace)
		}
		problems = append(problems, problem)
	}
	if len(problems) > 0 {
		return failed("a host does not resolve to the ingress", problems...)
	}
	return passed("%s", strings.Join(seen, ", "))
}

func (e *examination) nameHost(host, address string) remedy {
	return func(context.Context) (string, error) {
		if _, err := machine.NameHost(e.Hosts, paths.Instance(), host, address); err != nil {
			return "", err
		}
		return fmt.Sprintf("%s is %s in %s", host, address, e.Hosts), nil
	}
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}
