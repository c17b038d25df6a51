package spec

import (
	"strconv"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
)

// Autoscale lets a HorizontalPodAutoscaler decide how many pods run; the workload's manifest then says no number.
type Autoscale struct {
	// Min is the fewest pods. Default: replicas, at least 1. Example: 2.
	Min int `spec:"min"`
	// Max is the most pods, up to 10000. Example: 10.
	Max int `spec:"max,required"`
	// CPU is the use that is aimed at, in percent of what the pods request. Default: 80, when no other metric is said.
	CPU int `spec:"cpu"`
	// Memory is the use that is aimed at, in percent of what the pods request. Default: not looked at. Example: 85.
	Memory int `spec:"memory"`
	// Metrics are more metrics, each as autoscaling/v2 writes it. Example: [{type: Pods, pods: {metric: {name: queue_depth}, target: {type: AverageValue, averageValue: "30"}}}].
	Metrics []Raw `spec:"metrics"`
	// Behavior is how fast pods come and go, as autoscaling/v2 writes it. Default: Kubernetes' own. Example: {scaleDown: {stabilizationWindowSeconds: 600}}.
	Behavior Raw `spec:"behavior"`
}

func (a *Autoscale) defaults(s *Service) {
	if a.Min == 0 && !s.source.has("autoscale", "min") {
		a.Min = max(s.Replicas, 1)
	}
	if a.CPU == 0 && a.Memory == 0 && len(a.Metrics) == 0 && !s.source.has("autoscale", "cpu") {
		a.CPU = 80
	}
}

func (l *loader) checkAutoscale(s *Service) {
	a := s.Autoscale
	if a == nil {
		return
	}
	at := func(path ...string) Position { return s.At(append([]string{"autoscale"}, path...)...) }
	if s.Kind != Deployment && s.Kind != StatefulSet {
		l.problems.add(at(), "a %s cannot be scaled: use kind: Deployment or StatefulSet, or leave autoscale out", s.Kind)
	}
	if a.Min < 1 || a.Min > 10000 {
		l.problems.add(at("min"), "min %d is out of range: use 1 to 10000", a.Min)
	}
	switch {
	case !s.source.has("autoscale", "max"):
		l.problems.add(at(), `autoscale needs "max", the most pods that may run`)
	case a.Max < 1 || a.Max > 10000:
		l.problems.add(at("max"), "max %d is out of range: use 1 to 10000", a.Max)
	case a.Max < a.Min && s.source.has("autoscale", "min"):
		l.problems.add(at("max"), "max %d is below min %d: raise max or lower min", a.Max, a.Min)
	case a.Max < a.Min:
		l.problems.add(at("max"), "max %d is below replicas %d, where min comes from: raise max or say min", a.Max, a.Min)
	}
	for _, target := range []struct {
		resource string
		percent  int
	}{{"cpu", a.CPU}, {"memory", a.Memory}} {
		switch requested := s.Resources.Requests[target.resource]; {
		case target.percent == 0 && !s.source.has("autoscale", target.resource):
		case target.percent < 1 || target.percent > 1000:
			l.problems.add(at(target.resource), "%d%% is out of range: use 1 to 1000, in percent of what the pods request", target.percent)
		case requested == "" || requested.Compare("0") == 0:
			l.problems.add(at(target.resource), "the pods request no %s, of which %d%% could be used: add resources: {requests: {%s: …}}", target.resource, target.percent, target.resource)
		}
	}
	for i, metric := range a.Metrics {
		if err := metric.into(&autoscalingv2.MetricSpec{}); err != nil {
			l.problems.add(at("metrics", strconv.Itoa(i)), "this is not a metric of autoscaling/v2: %v", err)
		}
	}
	if a.Behavior.Said() {
		if err := a.Behavior.into(&autoscalingv2.HorizontalPodAutoscalerBehavior{}); err != nil {
			l.problems.add(at("behavior"), "this is not a behavior of autoscaling/v2: %v", err)
		}
	}
}

// fewestPods is how many pods run at least.
func (s *Service) fewestPods() int {
	if s.Autoscale != nil {
		return s.Autoscale.Min
	}
	return s.Replicas
}

// mostPods is how many pods run at most.
func (s *Service) mostPods() int {
	if s.Autoscale != nil {
		return max(s.Autoscale.Min, s.Autoscale.Max)
	}
	return s.Replicas
}
