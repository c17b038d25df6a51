//go:build e2e

package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/helm-chart-factory/factory/factory/doctor"
	"github.com/helm-chart-factory/factory/factory/machine"
)

// examined breaks what only a node can show, and wants factory doctor to say it and to put right what it may.
func examined(t *testing.T, s *stack) {
	// The backend takes some seconds to reach a database that has just started, and says so until then.
	eventually(t, 30*time.Second, func() error {
		return expect("failed", strings.Join(failedIn(s.doctor(t, s.dir)), " "), "")
	})
	wantOutcome(t, s.doctor(t, s.dir), doctor.Passed, "registry", "images", "pull", "cluster-dns", "storage-class", "ingress-class",
		"issuer", "pods", "certificates", "service-account", "access", "needs", "readiness")
	t.Run("the registry is stopped", func(t *testing.T) {
		s.run(t, s.factory, "setup-registry", "--stop")
		report := s.doctor(t, s.dir)
		wantOutcome(t, report, doctor.Failed, "registry")
		wantOutcome(t, report, doctor.NotChecked, "images", "pull")
		fixed := s.doctor(t, s.dir, "--fix")
		if len(failedIn(fixed)) > 0 || !slices.ContainsFunc(fixed.Fixes, func(f doctor.Fix) bool { return f.Did == "the registry runs at "+s.registry }) {
			t.Errorf("failed %q, fixes %+v", failedIn(fixed), fixed.Fixes)
		}
	})
	t.Run("the node does not reach the registry", func(t *testing.T) {
		// The node is led to the one registry of its stack; another of this machine answers here and not there.
		port, err := strconv.Atoi(registryPort)
		if err != nil {
			t.Fatal(err)
		}
		other, address := t.TempDir(), "localhost:"+strconv.Itoa(port+1)
		for path, text := range map[string]string{
			"factory.yaml": "version: 1\nname: other\nregistry: " + address + "\n", "services/web/service.yaml": "port: 8080\nimage: example.invalid/web:1\n",
		} {
			if err := os.MkdirAll(filepath.Dir(filepath.Join(other, path)), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(other, path), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		s.run(t, s.factory, "-C", other, "setup-registry")
		defer s.run(t, s.factory, "-C", other, "setup-registry", "--stop", "--purge")
		report := s.doctor(t, other)
		wantOutcome(t, report, doctor.Passed, "registry", "nodes")
		wantOutcome(t, report, doctor.Failed, "pull")
		problem := find(report, "pull").Problems[0]
		for _, part := range []string{"cannot pull " + address + "/factory-probe:", "connection refused"} {
			if !strings.Contains(problem.Saw, part) {
				t.Errorf("no %q in %q", part, problem.Saw)
			}
		}
		if !strings.Contains(problem.Why, "the node cannot reach the registry "+address) || problem.Fix == "" {
			t.Errorf("why %q, fix %q", problem.Why, problem.Fix)
		}
	})
	t.Run("the issuer is deleted", func(t *testing.T) {
		s.kubectl(t, "delete", "clusterissuer", "factory-self-ca")
		wantOutcome(t, s.doctor(t, s.dir), doctor.Failed, "issuer")
		fixed := s.doctor(t, s.dir, "--fix")
		wantOutcome(t, fixed, doctor.Passed, "issuer", "certificates")
	})
	if left := s.kubectl(t, "get", "pods", "-A", "-l", "app.kubernetes.io/name=factory-probe", "-o", "name"); left != "" {
		t.Errorf("doctor left %s", left)
	}
}

// outageIsSeen wants factory doctor to see that the database is away, and that the backend says so.
func outageIsSeen(t *testing.T, s *stack) {
	t.Helper()
	report := s.doctor(t, s.dir)
	wantOutcome(t, report, doctor.Failed, "needs", "readiness")
	if got := find(report, "needs").Problems[0].Saw; got != "nothing is ready behind port postgres of Service database (0 pods)" {
		t.Errorf("needs saw %q", got)
	}
	if got := find(report, "readiness").Problems[0].Saw; !strings.Contains(got, `answers GET /ready with 503: {"status":"not ready","reason":"database`) {
		t.Errorf("readiness saw %q", got)
	}
}

// doctor examines a project, and wants the exit code to fit what was found.
func (s *stack) doctor(t *testing.T, dir string, args ...string) *doctor.Report {
	t.Helper()
	out, said, err := s.try(s.factory, append([]string{"doctor", "-C", dir, "-o", "json"}, args...)...)
	var report doctor.Report
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatalf("factory doctor: %v\n%s%s", err, out, said)
	}
	if report.Healthy != (err == nil) {
		t.Errorf("healthy %v, and the command ended with %v", report.Healthy, err)
	}
	return &report
}

// failedIn names the checks that failed. That another stack of this machine has the host's name is not this stack's matter.
func failedIn(report *doctor.Report) []string {
	var failed []string
	for _, check := range report.Checks {
		if check.Outcome == doctor.Failed && (check.ID != "hosts" || !nameTaken()) {
			failed = append(failed, check.ID)
		}
	}
	return failed
}

func nameTaken() bool {
	text, err := os.ReadFile(machine.HostsFile)
	if err != nil {
		return false
	}
	for line := range strings.Lines(string(text)) {
		if strings.Contains(line, host) && !strings.HasSuffix(strings.TrimSpace(line), " "+instance) {
			return true
		}
	}
	return false
}

func find(report *doctor.Report, id string) doctor.Result {
	return report.Checks[slices.IndexFunc(report.Checks, func(r doctor.Result) bool { return r.ID == id })]
}

func wantOutcome(t *testing.T, report *doctor.Report, outcome doctor.Outcome, ids ...string) {
	t.Helper()
	for _, id := range ids {
		if check := find(report, id); check.Outcome != outcome {
			t.Errorf("%s %s: %s %+v, want it %s", id, check.Outcome, check.Detail, check.Problems, outcome)
		}
	}
}
