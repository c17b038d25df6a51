// Package checks holds the rules of factory lint that look at rendered objects: those that users of kube-score and
// kube-linter know. One file a topic, one function a rule.
package checks

import (
	"slices"

	"k8s.io/pod-security-admission/api"

	"github.com/helm-chart-factory/factory/factory/lint/rendered"
	"github.com/helm-chart-factory/factory/factory/lint/rule"
	"github.com/helm-chart-factory/factory/factory/spec"
)

// Check is a rule with what looks for it.
type Check struct {
	rule.Rule
	// Run looks at everything and calls found for each case.
	Run func(j *Judged, found rule.Found)
}

// Judged is what checks look at: a release, and the specs that it comes from.
type Judged struct {
	*rendered.Release
	Project *spec.Project
	// Levels are the levels of Pod Security that services claim, by service. One that is not in it claims restricted.
	Levels map[string]api.Level
}

// All are the checks, by topic.
func All() []Check {
	return slices.Concat(
		imageChecks(),
		probeChecks(),
		resourceChecks(),
		availabilityChecks(),
		securityChecks(),
		hostChecks(),
		accountChecks(),
		accessChecks(),
		envChecks(),
		volumeChecks(),
		serviceChecks(),
		ingressChecks(),
		networkChecks(),
		autoscaleChecks(),
		jobChecks(),
		nameChecks(),
	)
}

// eachPod makes a check of one that looks at pods one by one.
func eachPod(look func(p *rendered.Pod, found rule.Found)) func(*Judged, rule.Found) {
	return func(j *Judged, found rule.Found) {
		for _, p := range j.Pods() {
			look(p, found)
		}
	}
}

// eachContainer makes a check of one that looks at containers one by one.
func eachContainer(look func(c rendered.Container, found rule.Found)) func(*Judged, rule.Found) {
	return eachPod(func(p *rendered.Pod, found rule.Found) {
		for c := range p.Containers() {
			look(c, found)
		}
	})
}

// service returns the spec of the service that an object belongs to, or nil.
func (j *Judged) service(o *rendered.Object) *spec.Service {
	if j.Project == nil || o.Service == "" {
		return nil
	}
	return j.Project.Service(o.Service)
}

// level returns the level of Pod Security that an object's service claims.
func (j *Judged) level(o *rendered.Object) api.Level {
	if level, ok := j.Levels[o.Service]; ok {
		return level
	}
	return api.LevelRestricted
}

// workload tells whether an object runs pods that are meant to stay.
func workload(p *rendered.Pod) bool { return !p.Ends() && !p.IsHook() }
