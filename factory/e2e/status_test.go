//go:build e2e

package e2e

import (
	"encoding/json"
	"testing"
	"time"
)

// statusDocument is what the test reads of `factory status -o json`.
type statusDocument struct {
	Ready bool
	Drift []struct {
		Object string
		Fields []struct{ Path, By string }
	}
}

// driftInStatus changes what runs behind the release's back.
func driftInStatus(t *testing.T, s *stack) {
	look := func() (status statusDocument) {
		t.Helper()
		start := time.Now()
		if err := json.Unmarshal([]byte(s.run(t, s.factory, "status", "-o", "json")), &status); err != nil {
			t.Fatal(err)
		}
		t.Logf("status took %s", time.Since(start).Round(time.Millisecond))
		return status
	}
	if status := look(); len(status.Drift) != 0 || !status.Ready {
		t.Fatalf("before any change: ready %v, drift %+v", status.Ready, status.Drift)
	}
	s.kubectl(t, "label", "service/backend", "-n", "platform", "app.kubernetes.io/part-of=another", "--overwrite")
	drift := look().Drift
	if len(drift) != 1 || drift[0].Object != "service/backend" || len(drift[0].Fields) != 1 ||
		drift[0].Fields[0].Path != "metadata.labels[app.kubernetes.io/part-of]" || drift[0].Fields[0].By != "kubectl-label" {
		t.Errorf("drift: %+v", drift)
	}
	s.run(t, s.factory, "rollback", s.revision(t), "--yes")
	if status := look(); len(status.Drift) != 0 || !status.Ready {
		t.Errorf("after the rollback: ready %v, drift %+v", status.Ready, status.Drift)
	}
}
