package checks

import (
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/helm-chart-factory/factory/factory/lint/rendered"
	"github.com/helm-chart-factory/factory/factory/lint/rule"
)

// widest is how many times its request a container's memory limit may be before pods are packed by a fiction.
const widest = 8

func resourceChecks() []Check {
	return []Check{{
		Rule: rule.Rule{
			ID: "unset-cpu-requirements", Severity: rule.Warning,
			What:      "a container that reserves no CPU",
			Reason:    "The scheduler takes it for free, and on a busy node it gets what the others leave. A limit is not asked for: it slows a container down even where CPU is idle.",
			Fix:       "say resources: {requests: {cpu: 50m}}",
			Elsewhere: "kube-linter unset-cpu-requirements, kube-score container-resources",
		},
		Run: eachContainer(unsetCPU),
	}, {
		Rule: rule.Rule{
			ID: "unset-memory-requirements", Severity: rule.Warning,
			What:      "a container that reserves no memory, or may take all of the node's",
			Reason:    "Without a request it is the first to be evicted; without a limit a leak takes its neighbours along.",
			Fix:       "say resources: {requests: {memory: 64Mi}, limits: {memory: 256Mi}}",
			Elsewhere: "kube-linter unset-memory-requirements, kube-score container-resources",
		},
		Run: eachContainer(unsetMemory),
	}, {
		Rule: rule.Rule{
			ID: "request-above-limit", Severity: rule.Error,
			What:   "a container that reserves more than it may use",
			Reason: "The API server refuses the pod, and the rollout stands still without one.",
			Fix:    "raise the limit or lower the request",
		},
		Run: eachContainer(requestAboveLimit),
	}, {
		Rule: rule.Rule{
			ID: "memory-overcommit", Severity: rule.Warning,
			What:   "a memory limit of more than 8 times the request",
			Reason: "Nodes are filled by requests: when several such containers use what they may, the node runs out and kills some.",
			Fix:    "reserve what the container needs in ordinary use, and let the limit be a few times that",
		},
		Run: eachContainer(memoryOvercommit),
	}}
}

func unsetCPU(c rendered.Container, found rule.Found) {
	if c.Resources.Requests.Cpu().IsZero() && c.Resources.Limits.Cpu().IsZero() {
		found(c.Pod.Object, c.Key("resources", "requests", "cpu"), "container %s reserves no CPU", c.Name)
	}
}

func unsetMemory(c rendered.Container, found rule.Found) {
	if c.Resources.Requests.Memory().IsZero() && c.Resources.Limits.Memory().IsZero() {
		found(c.Pod.Object, c.Key("resources", "requests", "memory"), "container %s reserves no memory", c.Name)
	}
	if c.Resources.Limits.Memory().IsZero() {
		found(c.Pod.Object, c.Key("resources", "limits", "memory"), "container %s has no limit for memory", c.Name)
	}
}

func requestAboveLimit(c rendered.Container, found rule.Found) {
	for _, name := range slices.Sorted(maps.Keys(c.Resources.Requests)) {
		request := c.Resources.Requests[name]
		if limit, ok := c.Resources.Limits[name]; ok && request.Cmp(limit) > 0 {
			found(c.Pod.Object, c.Key("resources", "requests", string(name)), "container %s reserves %s of %s and may use %s", c.Name, request.String(), name, limit.String())
		}
	}
}

func memoryOvercommit(c rendered.Container, found rule.Found) {
	request, limit := c.Resources.Requests[corev1.ResourceMemory], c.Resources.Limits[corev1.ResourceMemory]
	if !request.IsZero() && limit.Value() > widest*request.Value() {
		found(c.Pod.Object, c.Key("resources", "limits", "memory"), "container %s reserves %s of memory and may use %s", c.Name, request.String(), limit.String())
	}
}
