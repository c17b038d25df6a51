package api

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

const (
	historyDefault = 100
	historyMost    = 1000
	historyTimeout = 5 * time.Second
)

type historyBody struct {
	PodName   string `json:"podName"`
	PodID     string `json:"podId"`
	Status    string `json:"status"`
	Node      string `json:"node"`
	Timestamp string `json:"timestamp"`
}

// podHistory returns the last known state of each pod, gone ones included, newest first.
func (a *API) podHistory(r *http.Request) (any, error) {
	limit, err := historyLimit(r.URL.RawQuery)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(r.Context(), historyTimeout)
	defer cancel()
	observations, err := a.History.Recent(ctx, limit)
	if err != nil {
		return nil, err
	}
	body := make([]historyBody, 0, len(observations))
	for _, o := range observations {
		body = append(body, historyBody{
			PodName: o.PodName, PodID: o.PodID, Status: o.Status, Node: o.Node,
			Timestamp: o.Timestamp.UTC().Format(time.RFC3339),
		})
	}
	return body, nil
}

func historyLimit(rawQuery string) (int, error) {
	query, err := url.ParseQuery(rawQuery)
	if err != nil {
		return 0, &Error{Code: BadRequest, Message: "the query string cannot be read: it holds a bad % escape or a semicolon"}
	}
	values, given := query["limit"]
	if !given {
		return historyDefault, nil
	}
	limit, err := strconv.Atoi(values[0])
	if err != nil || len(values) > 1 || limit < 1 || limit > historyMost {
		return 0, &Error{Code: BadRequest, Message: fmt.Sprintf("limit must be one whole number from 1 to %d", historyMost)}
	}
	return limit, nil
}
