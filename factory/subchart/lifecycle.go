package subchart

import (
	"github.com/helm-chart-factory/factory/factory/spec"
	"github.com/helm-chart-factory/factory/factory/values"
)

// drain is for how many seconds the service's own container sleeps before it ends. A pod that ends answers on until its Service's
// clients have heard that it is gone: the endpoints are removed while the pod is told to stop, not before
// (https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination-flow). Kubernetes knows sleep since 1.30; an
// older one leaves it out. Half of a short grace period is left to the program.
func drain(s *spec.Service) int64 {
	switch said := s.Lifecycle; {
	case said != nil && said.PreStop != nil && said.PreStop.Sleep == nil:
		return 0
	case said != nil && said.PreStop != nil:
		return said.PreStop.Sleep.Seconds()
	case s.Kind != spec.Deployment || len(s.Ports) == 0:
		return 0
	}
	return min(5, s.GracePeriod.Seconds()/2)
}

// moreThanDrains tells whether more happens in a container's life than a sleep before it ends, which is a value of its own.
func moreThanDrains(l *spec.Lifecycle) bool {
	return l != nil && (l.PostStart != nil || l.PreStop != nil && l.PreStop.Sleep == nil)
}

// sleep is nothing when it has no length: Kubernetes would refuse that.
func sleep(seconds int64) values.Map {
	if seconds == 0 {
		return nil
	}
	return values.Map{{Key: "sleep", Value: values.Map{{Key: "seconds", Value: seconds}}}}
}

// lifecycleValues are what happens after a container starts and before it ends. PreStop is what happens when nothing is said.
func lifecycleValues(c *spec.Container, preStop values.Map) values.Map {
	var m, postStart values.Map
	if said := c.Lifecycle; said != nil {
		if said.PostStart != nil {
			postStart = handler(said.PostStart)
		}
		if said.PreStop != nil {
			preStop = handler(said.PreStop)
		}
	}
	if postStart != nil {
		m = append(m, values.Entry{Key: "postStart", Value: postStart})
	}
	if preStop != nil {
		m = append(m, values.Entry{Key: "preStop", Value: preStop})
	}
	return m
}

func handler(h *spec.Handler) values.Map {
	switch {
	case h.HTTP != nil:
		return values.Map{{Key: "httpGet", Value: httpGet(h.HTTP)}}
	case h.Sleep != nil:
		return sleep(h.Sleep.Seconds())
	default:
		return values.Map{{Key: "exec", Value: values.Map{{Key: "command", Value: list(h.Exec)}}}}
	}
}
