package subchart

import (
	"strconv"

	"github.com/helm-chart-factory/factory/factory/spec"
	"github.com/helm-chart-factory/factory/factory/values"
)

// autoscaleValues are the bounds and the metrics of a HorizontalPodAutoscaler, without what is not looked at.
func autoscaleValues(s *spec.Service) values.Map {
	a := s.Autoscale
	if a == nil {
		return nil
	}
	m := values.Map{{Key: "min", Value: int64(a.Min)}, {Key: "max", Value: int64(a.Max)}}
	if s.Kind != spec.Deployment {
		m = append(m, values.Entry{Key: "kind", Value: s.Kind})
	}
	if a.CPU != 0 {
		m = append(m, values.Entry{Key: "cpu", Value: int64(a.CPU)})
	}
	if a.Memory != 0 {
		m = append(m, values.Entry{Key: "memory", Value: int64(a.Memory)})
	}
	if len(a.Metrics) > 0 {
		metrics := make([]any, len(a.Metrics))
		for i, metric := range a.Metrics {
			metrics[i] = raw(metric)
		}
		m = append(m, values.Entry{Key: "metrics", Value: metrics})
	}
	if a.Behavior.Said() {
		m = append(m, values.Entry{Key: "behavior", Value: raw(a.Behavior)})
	}
	return m
}

// budgetValues are the one field of a PodDisruptionBudget that the spec says.
func budgetValues(s *spec.Service) values.Map {
	switch b := s.Budget; {
	case b == nil:
		return nil
	case b.MinAvailable != "":
		return values.Map{{Key: "minAvailable", Value: share(b.MinAvailable)}}
	default:
		return values.Map{{Key: "maxUnavailable", Value: share(b.MaxUnavailable)}}
	}
}

// share is a number or a percentage, which Kubernetes tells apart by the type.
func share(s spec.Share) any {
	if n, err := strconv.ParseInt(string(s), 10, 64); err == nil {
		return n
	}
	return string(s)
}
