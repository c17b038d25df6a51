package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

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
