package deploy

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

// podSecurity judges pods by the level that a new namespace is to enforce, with the API server's own rules: in one
// that is not there yet nothing can be tried out.
type podSecurity struct {
	rules policy.Evaluator
	level api.LevelVersion
}

func newPodSecurity(wanted string) (*podSecurity, error) {
	rules, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		return nil, fmt.Errorf("preparing the rules of Pod Security: %w", err)
	}
	level, err := api.ParseLevel(wanted)
	if err != nil {
		return nil, err
	}
	return &podSecurity{rules: rules, level: api.LevelVersion{Level: level, Version: api.LatestVersion()}}, nil
}

// refuse returns the API server's sentence about a workload whose pods the namespace would refuse.
func (s *podSecurity) refuse(workload *unstructured.Unstructured) error {
	u := podOf(workload)
	if u == nil {
		return nil
	}
	var pod corev1.Pod
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(u.Object, &pod); err != nil {
		return err
	}
	result := policy.AggregateCheckResults(s.rules.EvaluatePod(s.level, &pod.ObjectMeta, &pod.Spec))
	if result.Allowed {
		return nil
	}
	return fmt.Errorf("pods %q is forbidden: violates PodSecurity %q: %s", pod.Name, s.level.String(), result.ForbiddenDetail())
}

// foresee returns what can be known to go wrong with an object in a namespace that is not there yet.
func (c *comparison) foresee(u *unstructured.Unstructured) error {
	if err := c.stage.knows(u); err != nil {
		return err
	}
	return c.newNamespace.refuse(u)
}
