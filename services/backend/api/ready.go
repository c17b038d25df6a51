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
// both times. With ?without=database the database's trouble is told but does not count: a readiness probe that asks so
// keeps the pod in its Service while the database is away, and what comes from Kubernetes is answered on.
func (a *API) ready(w http.ResponseWriter, r *http.Request) {
	without := r.URL.Query().Get("without")
	if without != "" && without != "database" {
		writeError(w, r, a.Log, &Error{Code: BadRequest, Message: "without can leave out the database, nothing else"})
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
	defer cancel()

	body := readyBody{Status: "ready", Checks: readyChecks{Database: "ok", Kubernetes: "ok"}}
	var missing, counted []string
	lacks := func(reason string, counts bool) {
		missing = append(missing, reason)
		if counts {
			counted = append(counted, reason)
		}
	}
	if a.draining.Load() {
		lacks("shutting down", true)
	}
	if err := a.History.Ready(ctx); err != nil {
		body.Checks.Database = asError(err).Message
		lacks(body.Checks.Database, without == "")
	}
	if err := a.Cluster.Ready(); err != nil {
		body.Checks.Kubernetes = asError(err).Message
		lacks(body.Checks.Kubernetes, true)
	}
	status := http.StatusOK
	if len(counted) > 0 {
		body.Status, body.Reason = "not ready", strings.Join(counted, "; ")
		status = http.StatusServiceUnavailable
	}
	reason := strings.Join(missing, "; ")
	if before, _ := a.lastReason.Swap(reason).(string); before != reason {
		a.Log.InfoContext(r.Context(), "readiness changed", "status", body.Status, "missing", reason)
	}
	writeJSON(w, r, a.Log, status, body)
}
