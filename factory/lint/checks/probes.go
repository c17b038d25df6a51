package checks

import (
	"fmt"
	"reflect"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/helm-chart-factory/factory/factory/lint/rendered"
	"github.com/helm-chart-factory/factory/factory/lint/rule"
)

func probeChecks() []Check {
	return []Check{{
		Rule: rule.Rule{
			ID: "no-readiness-probe", Severity: rule.Warning,
			What:      "a container behind a Service without a readiness probe",
			Reason:    "The Service sends requests from the moment the process starts, before it can answer, and during every rollout.",
			Fix:       "say how to tell: health: {ready: /ready}",
			Elsewhere: "kube-linter no-readiness-probe, kube-score pod-probes",
		},
		Run: noReadiness,
	}, {
		Rule: rule.Rule{
			ID: "no-liveness-probe", Severity: rule.Warning,
			What:      "a container with ports without a liveness probe",
			Reason:    "A process that hangs without ending stays as it is until a person looks.",
			Fix:       "say how to tell: health: {live: /health}, of what the process itself can answer, not of what it depends on",
			Elsewhere: "kube-linter no-liveness-probe, kube-score pod-probes",
		},
		Run: eachContainer(noLiveness),
	}, {
		Rule: rule.Rule{
			ID: "probes-identical", Severity: rule.Warning,
			What:      "a liveness probe that asks what the readiness probe asks, and gives up no later",
			Reason:    "A container that is only busy is then restarted at once instead of being left alone until it is ready again.",
			Fix:       "ask something cheaper in health.live, or let it fail longer: failures: 6",
			Elsewhere: "kube-score pod-probes-identical",
		},
		Run: eachContainer(identicalProbes),
	}, {
		Rule: rule.Rule{
			ID: "probe-port", Severity: rule.Error,
			What:      "a probe of a port that the container does not have",
			Reason:    "The probe can only fail: the container is never ready, or is restarted for ever.",
			Fix:       "name one of the container's ports in the probe, or add the port",
			Elsewhere: "kube-linter liveness-port, readiness-port, startup-port",
		},
		Run: eachContainer(probePort),
	}}
}

func noReadiness(j *Judged, found rule.Found) {
	for service, s := range rendered.All[*corev1.Service](j.Release) {
		if len(s.Spec.Selector) == 0 {
			continue
		}
		for _, p := range j.Selected(service.Namespace, labels.SelectorFromSet(s.Spec.Selector)) {
			if !workload(p) {
				continue
			}
			for c := range p.Containers() {
				if c.ReadinessProbe == nil && serves(c, s) {
					found(p.Object, c.Key("health", "ready"), "container %s is behind Service %s and has no readiness probe", c.Name, service.Name)
				}
			}
		}
	}
}

// serves tells whether a container has one of the ports that a Service leads to.
func serves(c rendered.Container, s *corev1.Service) bool {
	for _, port := range c.Ports {
		for _, wanted := range s.Spec.Ports {
			target := targetPort(wanted)
			if target.StrVal == port.Name && target.StrVal != "" || target.IntVal == port.ContainerPort {
				return true
			}
		}
	}
	return false
}

// targetPort returns where a port of a Service leads: its own number when nothing is said.
func targetPort(p corev1.ServicePort) intstr.IntOrString {
	if p.TargetPort == (intstr.IntOrString{}) {
		return intstr.FromInt32(p.Port)
	}
	return p.TargetPort
}

func noLiveness(c rendered.Container, found rule.Found) {
	if workload(c.Pod) && !c.Init && len(c.Ports) > 0 && c.LivenessProbe == nil {
		found(c.Pod.Object, c.Key("health", "live"), "container %s has no liveness probe", c.Name)
	}
}

func identicalProbes(c rendered.Container, found rule.Found) {
	live, ready := c.LivenessProbe, c.ReadinessProbe
	if live == nil || ready == nil || !reflect.DeepEqual(live.ProbeHandler, ready.ProbeHandler) {
		return
	}
	if patience(live) <= patience(ready) {
		found(c.Pod.Object, c.Key("health", "live"), "container %s is restarted by the probe that tells whether it is ready, after %d seconds of failing, and taken out of its Service after %d",
			c.Name, patience(live), patience(ready))
	}
}

// patience is the number of seconds for which a probe may fail; what is not said is as Kubernetes takes it.
func patience(p *corev1.Probe) int32 {
	period, failures := p.PeriodSeconds, p.FailureThreshold
	if period == 0 {
		period = 10
	}
	if failures == 0 {
		failures = 3
	}
	return period * failures
}

func probePort(c rendered.Container, found rule.Found) {
	probes := []struct {
		key   string
		probe *corev1.Probe
	}{{"live", c.LivenessProbe}, {"ready", c.ReadinessProbe}, {"startup", c.StartupProbe}}
	for _, p := range probes {
		port := probedPort(p.probe)
		if port == nil || hasPort(c, *port) {
			continue
		}
		found(c.Pod.Object, c.Key("health", p.key), "the %s probe of container %s asks port %s, and the container has %s",
			map[string]string{"live": "liveness", "ready": "readiness", "startup": "startup"}[p.key], c.Name, port.String(), portNames(c))
	}
}

func probedPort(p *corev1.Probe) *intstr.IntOrString {
	switch {
	case p == nil:
		return nil
	case p.HTTPGet != nil:
		return &p.HTTPGet.Port
	case p.TCPSocket != nil:
		return &p.TCPSocket.Port
	case p.GRPC != nil:
		port := intstr.FromInt32(p.GRPC.Port)
		return &port
	}
	return nil
}

func hasPort(c rendered.Container, wanted intstr.IntOrString) bool {
	for _, port := range c.Ports {
		if wanted.Type == intstr.String && wanted.StrVal == port.Name || wanted.Type == intstr.Int && wanted.IntVal == port.ContainerPort {
			return true
		}
	}
	return false
}

func portNames(c rendered.Container) string {
	if len(c.Ports) == 0 {
		return "no ports"
	}
	text := ""
	for i, port := range c.Ports {
		if i > 0 {
			text += ", "
		}
		if port.Name != "" {
			text += port.Name + " "
		}
		text += fmt.Sprint(port.ContainerPort)
	}
	return text
}
