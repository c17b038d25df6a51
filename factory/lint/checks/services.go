package checks

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/helm-chart-factory/factory/factory/lint/rendered"
	"github.com/helm-chart-factory/factory/factory/lint/rule"
)

func serviceChecks() []Check {
	return []Check{{
		Rule: rule.Rule{
			ID: "dangling-service", Severity: rule.Error,
			What:      "a Service that selects no pod of the release",
			Reason:    "Its address exists and nobody answers there.",
			Fix:       "select the labels of the pods that it is for",
			Elsewhere: "kube-linter dangling-service, kube-score service-targets-pod",
		},
		Run: danglingService,
	}, {
		Rule: rule.Rule{
			ID: "invalid-target-ports", Severity: rule.Error,
			What:      "a port of a Service that leads to a port that none of its pods has",
			Reason:    "Connections to it are refused.",
			Fix:       "name a port of the container in the Service, or add the port to the container",
			Elsewhere: "kube-linter invalid-target-ports",
		},
		Run: targetPorts,
	}, {
		Rule: rule.Rule{
			ID: "mismatching-selector", Severity: rule.Error,
			What:      "a workload whose selector does not choose its own pods",
			Reason:    "The API server refuses it.",
			Fix:       "give the pods the labels that the selector names",
			Elsewhere: "kube-linter mismatching-selector, kube-score deployment-pod-selector-labels-match-template-metadata-labels",
		},
		Run: eachPod(mismatch),
	}, {
		Rule: rule.Rule{
			ID: "overlapping-selector", Severity: rule.Error,
			What:   "a workload whose selector chooses another one's pods",
			Reason: "The two adopt and delete each other's pods.",
			Fix:    "let each select a label whose value is its own",
		},
		Run: overlap,
	}, {
		Rule: rule.Rule{
			ID: "exposed-services", Severity: rule.Note,
			What:      "a Service of type NodePort or LoadBalancer",
			Reason:    "It is reachable from outside the cluster, without the TLS and the rules of an ingress.",
			Fix:       "leave service.type out and use ingress or gateway, where HTTP is spoken",
			Elsewhere: "kube-linter exposed-services, kube-score service-type",
		},
		Run: exposed,
	}, {
		Rule: rule.Rule{
			ID: "duplicate-ports", Severity: rule.Error,
			What:   "a port number or a port name that a pod has twice",
			Reason: "Only one process can listen on a port, and a Service cannot tell two ports of one name apart.",
			Fix:    "give each port a number and a name of its own",
		},
		Run: eachPod(duplicatePorts),
	}}
}

func danglingService(j *Judged, found rule.Found) {
	for o, s := range rendered.All[*corev1.Service](j.Release) {
		if len(s.Spec.Selector) > 0 && len(j.Selected(o.Namespace, labels.SelectorFromSet(s.Spec.Selector))) == 0 {
			found(o, rule.Key{"service"}, "no pod of the release has the labels %s", labels.FormatLabels(s.Spec.Selector))
		}
	}
}

func targetPorts(j *Judged, found rule.Found) {
	for o, s := range rendered.All[*corev1.Service](j.Release) {
		if len(s.Spec.Selector) == 0 {
			continue
		}
		pods := j.Selected(o.Namespace, labels.SelectorFromSet(s.Spec.Selector))
		for _, port := range s.Spec.Ports {
			if target := targetPort(port); len(pods) > 0 && !anyListens(pods, target, port.Protocol) {
				found(o, rule.Key{"ports", port.Name}, "port %d leads to %s, which no container of %s has", port.Port, target.String(), pods[0].Object)
			}
		}
	}
}

func anyListens(pods []*rendered.Pod, target intstr.IntOrString, protocol corev1.Protocol) bool {
	for _, p := range pods {
		for c := range p.Containers() {
			for _, port := range c.Ports {
				same := target.Type == intstr.String && target.StrVal == port.Name || target.Type == intstr.Int && target.IntVal == port.ContainerPort
				if same && transport(port.Protocol) == transport(protocol) {
					return true
				}
			}
		}
	}
	return false
}

func transport(p corev1.Protocol) corev1.Protocol {
	if p == "" {
		return corev1.ProtocolTCP
	}
	return p
}

func mismatch(p *rendered.Pod, found rule.Found) {
	if p.Selector != nil && !rendered.Selects(p.Selector, p.Meta.Labels) {
		found(p.Object, rule.Key{"podLabels"}, "its selector does not choose pods with the labels %s", labels.FormatLabels(p.Meta.Labels))
	}
}

func overlap(j *Judged, found rule.Found) {
	for _, p := range j.Pods() {
		if p.Selector == nil {
			continue
		}
		for _, other := range j.Pods() {
			if other.Object == p.Object || other.Namespace != p.Namespace || other.Selector == nil && other.Ends() {
				continue
			}
			if rendered.Selects(p.Selector, other.Meta.Labels) {
				found(p.Object, rule.Key{"podLabels"}, "its selector chooses the pods of %s", other.Object)
			}
		}
	}
}

func exposed(j *Judged, found rule.Found) {
	for o, s := range rendered.All[*corev1.Service](j.Release) {
		if s.Spec.Type == corev1.ServiceTypeNodePort || s.Spec.Type == corev1.ServiceTypeLoadBalancer {
			found(o, rule.Key{"service", "type"}, "its type is %s", s.Spec.Type)
		}
	}
}

func duplicatePorts(p *rendered.Pod, found rule.Found) {
	numbers, names := map[string]string{}, map[string]string{}
	for c := range p.Containers() {
		if c.Init {
			continue // it ends before the others listen
		}
		for _, port := range c.Ports {
			number := fmt.Sprintf("%d/%s", port.ContainerPort, transport(port.Protocol))
			if other, ok := numbers[number]; ok {
				found(p.Object, c.Key("ports", port.Name), "both %s and %s listen on %s", other, c.Name, number)
			}
			numbers[number] = c.Name
			if other, ok := names[port.Name]; ok && port.Name != "" {
				found(p.Object, c.Key("ports", port.Name), "both %s and %s have a port called %s", other, c.Name, port.Name)
			}
			names[port.Name] = c.Name
		}
	}
}
