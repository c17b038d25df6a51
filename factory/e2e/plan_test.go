//go:build e2e

package e2e

import (
	"path/filepath"
	"strings"
	"testing"
)

// planAndRollBack changes one service and scales another by hand: the plan names both, the deploy does what it said, and a
// rollback takes it back.
func planAndRollBack(t *testing.T, s *stack) {
	pods, revision := s.podUIDs(t), s.revision(t)
	spec := filepath.Join(s.dir, "services", "backend", "service.yaml")
	edit(t, spec, "port: 8080", "podAnnotations: {e2e: planned}\nport: 8080")
	s.run(t, s.factory, "sync")
	s.wantPlan(t, "\nRESTARTS\n  deployment/backend: spec.template.metadata.annotations", "1 workload restarts, none is deleted")
	s.unchanged(t, revision, pods)

	s.kubectl(t, "scale", "deployment", "frontend", "-n", "platform", "--replicas=3")
	s.wantPlan(t, "deployment/frontend: spec.replicas is 3, released as 2, by kubectl", "deployment/frontend   scales from 3 to 2")
	s.run(t, s.factory, "deploy")
	deployed := s.podUIDs(t)
	if deployed["backend"] == pods["backend"] || deployed["database"] != pods["database"] {
		t.Errorf("the plan said that the backend restarts alone: pods %v, were %v", deployed, pods)
	}
	s.wantPlan(t, "nothing changes")

	s.run(t, s.factory, "rollback", "--yes")
	if left := s.kubectl(t, "get", "deployment", "backend", "-n", "platform", "-o", "jsonpath={.spec.template.metadata.annotations.e2e}"); left != "" {
		t.Errorf("the annotation is still %q after the rollback", left)
	}
	if history := s.run(t, s.factory, "history"); !strings.Contains(history, "Rollback to "+revision) {
		t.Errorf("the history does not tell of the rollback to %s:\n%s", revision, history)
	}
	edit(t, spec, "podAnnotations: {e2e: planned}\n", "")
	s.run(t, s.factory, "sync")
	s.wantPlan(t, "nothing changes")
}

func (s *stack) wantPlan(t *testing.T, parts ...string) {
	t.Helper()
	plan := s.run(t, s.factory, "plan")
	for _, part := range parts {
		if !strings.Contains(plan, part) {
			t.Errorf("no %q in the plan:\n%s", part, plan)
		}
	}
}
