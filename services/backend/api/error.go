package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
)

// Code says what kind of failure an Error is. It is part of the API: clients may switch on it.
type Code string

// The codes that a client can meet.
const (
	BadRequest            Code = "bad_request"
	NotFound              Code = "not_found"
	MethodNotAllowed      Code = "method_not_allowed"
	KubernetesUnavailable Code = "kubernetes_unavailable"
	DatabaseUnavailable   Code = "database_unavailable"
	ShuttingDown          Code = "shutting_down"
	Internal              Code = "internal"
)

// Error is the only kind of error that reaches a client: a code, a message that is safe to show, and a cause that only
// the log sees.
type Error struct {
	Code    Code
	Message string
	Cause   error
}

func (e *Error) Error() string {
	if e.Cause == nil {
		return e.Message
	}
	return fmt.Sprintf("%s: %v", e.Message, e.Cause)
}

func (e *Error) Unwrap() error { return e.Cause }

func (c Code) status() int {
	switch c {
	case BadRequest:
		return http.StatusBadRequest
	case NotFound:
		return http.StatusNotFound
	case MethodNotAllowed:
		return http.StatusMethodNotAllowed
	case KubernetesUnavailable, DatabaseUnavailable, ShuttingDown:
		return http.StatusServiceUnavailable
	default:
		return http.StatusInternalServerError
	}
}

// asError finds the Error in err. Any other error becomes Internal, and its text stays in the log.
func asError(err error) *Error {
	var known *Error
	if errors.As(err, &known) {
		return known
	}
	return &Error{Code: Internal, Message: "something went wrong; the log has the details under this request's id", Cause: err}
}

// endpoint is a handler that returns its body or its failure.
type endpoint func(*http.Request) (any, error)

// respond turns an endpoint into a handler; it is the only place where an error becomes a status.
func respond(log *slog.Logger, e endpoint) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := e(r)
		if err != nil {
			writeError(w, r, log, asError(err))
			return
		}
		writeJSON(w, r, log, http.StatusOK, body)
	}
}

func writeError(w http.ResponseWriter, r *http.Request, log *slog.Logger, e *Error) {
	if e.Cause != nil {
		log.WarnContext(r.Context(), "request failed", "code", e.Code, "error", e.Error(), "requestId", requestID(r))
	}
	writeJSON(w, r, log, e.Code.status(), errorBody{errorDetail{Code: e.Code, Message: e.Message, RequestID: requestID(r)}})
}

// errorBody is every failure's shape, nginx' own in the frontend included.
type errorBody struct {
	Error errorDetail `json:"error"`
}

type errorDetail struct {
	Code      Code   `json:"code"`
	Message   string `json:"message"`
	RequestID string `json:"requestId"`
}

func writeJSON(w http.ResponseWriter, r *http.Request, log *slog.Logger, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		log.ErrorContext(r.Context(), "encoding an answer failed", "error", err.Error(), "requestId", requestID(r))
		status, text = http.StatusInternalServerError, []byte(`{"error":{"code":"internal","message":"the answer could not be encoded"}}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// A failed write means that the client has gone: there is nobody left to tell.
	_, _ = w.Write(append(text, '\n'))
}
