package api

import (
	"context"
	"net/http"
	"strings"
	"time"
)

// readyTimeout stays below the shortest probe timeout in use, so that a probe gets the reason and not a time-out.
const readyTimeout = 700 * time.Millisecond

type readyBody struct {
	Status string      `json:"status"`
	Reason string      `json:"reason,omitempty"`
	Checks readyChecks `json:"checks"`
}

// readyChecks holds "ok" or the reason.
type readyChecks struct {
	Database   string `json:"database"`
	Kubernetes string `json:"kubernetes"`
}

// ready answers 200 when every endpoint can be answered in full, else 503 with the reason. The body has the same shape
// both times.
func (a *API) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
	defer cancel()

	body := readyBody{Status: "ready", Checks: readyChecks{Database: "ok", Kubernetes: "ok"}}
	var reasons []string
	if a.draining.Load() {
		reasons = append(reasons, "shutting down")
	}
	if err := a.History.Ready(ctx); err != nil {
		body.Checks.Database = asError(err).Message
		reasons = append(reasons, body.Checks.Database)
	}
	if err := a.Cluster.Ready(); err != nil {
		body.Checks.Kubernetes = asError(err).Message
		reasons = append(reasons, body.Checks.Kubernetes)
	}
	status := http.StatusOK
	if len(reasons) > 0 {
		body.Status, body.Reason = "not ready", strings.Join(reasons, "; ")
		status = http.StatusServiceUnavailable
	}
	if before, _ := a.lastReason.Swap(body.Reason).(string); before != body.Reason {
		a.Log.InfoContext(r.Context(), "readiness changed", "status", body.Status, "reason", body.Reason)
	}
	writeJSON(w, r, a.Log, status, body)
}
