package server

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"syscall"
)

// fullDisk answers a write that found no room with 403 DENIED and the file's name. The library answers 500, of which the
// engines show the number only, and which clients try again for seconds.
func fullDisk(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			next.ServeHTTP(w, r)
			return
		}
		held := &heldFailure{ResponseWriter: w}
		next.ServeHTTP(held, r)
		held.release()
	})
}

// heldFailure passes an answer on, but holds one of status 500 back until all of it is known.
type heldFailure struct {
	http.ResponseWriter
	held bool
	body bytes.Buffer
}

// WriteHeader implements http.ResponseWriter.
func (h *heldFailure) WriteHeader(status int) {
	if h.held = status == http.StatusInternalServerError; !h.held {
		h.ResponseWriter.WriteHeader(status)
	}
}

// Write implements http.ResponseWriter.
func (h *heldFailure) Write(data []byte) (int, error) {
	if h.held {
		return h.body.Write(data)
	}
	return h.ResponseWriter.Write(data)
}

func (h *heldFailure) release() {
	if !h.held {
		return
	}
	status, body := http.StatusInternalServerError, h.body.Bytes()
	if cause := withoutRoom(body); cause != "" {
		status, body = http.StatusForbidden, refusal("the disk of this registry is full: "+cause)
		h.Header().Del("Content-Length")
	}
	h.ResponseWriter.WriteHeader(status)
	_, _ = h.ResponseWriter.Write(body) // whoever asked is gone
}

// withoutRoom is what an answer says of a disk without room, or empty when that is not its reason.
func withoutRoom(answer []byte) string {
	var said struct{ Errors []struct{ Detail any } }
	if json.Unmarshal(answer, &said) != nil {
		return ""
	}
	for _, one := range said.Errors {
		text, _ := one.Detail.(string)
		if strings.Contains(text, syscall.ENOSPC.Error()) || strings.Contains(text, syscall.EDQUOT.Error()) {
			return text
		}
	}
	return ""
}

// refusal is an error as the distribution specification wants it.
func refusal(message string) []byte {
	type entry struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	}
	answer, err := json.Marshal(map[string][]entry{"errors": {{"DENIED", message}}})
	if err != nil {
		return nil // two strings can be encoded
	}
	return answer
}
