package subchart

import (
	"github.com/helm-chart-factory/factory/factory/spec"
	"github.com/helm-chart-factory/factory/factory/values"
)

// serviceValues are annotations, labels and fields of a Kubernetes Service beyond its ports.
func serviceValues(s *spec.Service) values.Map {
	o := s.Service
	var m values.Map
	text := func(key, value string) {
		if value != "" {
			m = append(m, values.Entry{Key: key, Value: value})
		}
	}
	if o.Type != spec.ClusterIP {
		text("type", o.Type)
	}
	if o.Headless {
		text("clusterIP", "None")
	}
	if a := o.SessionAffinity; a != nil {
		text("sessionAffinity", "ClientIP")
		if seconds := a.Timeout.Seconds(); seconds != 0 {
			m = append(m, values.Entry{Key: "sessionAffinityConfig", Value: values.Map{
				{Key: "clientIP", Value: values.Map{{Key: "timeoutSeconds", Value: seconds}}}}})
		}
	}
	text("externalTrafficPolicy", o.ExternalTrafficPolicy)
	text("loadBalancerClass", o.LoadBalancerClass)
	if o.PublishNotReady {
		m = append(m, values.Entry{Key: "publishNotReadyAddresses", Value: true})
	}
	if len(o.Annotations) > 0 {
		m = append(m, values.Entry{Key: "annotations", Value: withEvery(s, o.Annotations)})
	}
	if len(o.Labels) > 0 {
		m = append(m, values.Entry{Key: "labels", Value: textMap(o.Labels)})
	}
	return m
}
