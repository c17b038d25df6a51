package deploy

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/net"
)

// rehearsal is a connection on which nothing can be written: every write is sent as a server-side dry run, which
// passes admission and is stored nowhere. It reads each thing once, so that what is compared is one state of it.
type rehearsal struct {
	ctx  context.Context
	next http.RoundTripper
	// broken is told of a request that got no answer.
	broken func(error)

	mu       sync.Mutex
	reads    map[string]*answered
	warnings []string
	// refused is what the server answered to the last write that it did not take. Helm keeps only its text.
	refused error
}

type answered struct {
	response http.Response
	body     []byte
}

var errRealWrite = errors.New("a write that is no dry run was about to be sent; this is a bug in factory")

// RoundTrip implements http.RoundTripper.
func (r *rehearsal) RoundTrip(request *http.Request) (*http.Response, error) {
	// Helm's client gives its requests no context of ours.
	response, err := r.send(request.Clone(r.ctx))
	if err != nil {
		r.broken(err)
	}
	return response, err
}

func (r *rehearsal) send(request *http.Request) (*http.Response, error) {
	switch request.Method {
	case http.MethodGet:
		return r.read(request)
	case http.MethodDelete:
		// The server takes the options from the body, where there is one, and then ignores those of the address.
		if err := checkDryRun(request); err != nil {
			return nil, err
		}
	default:
		query := request.URL.Query()
		query.Set("dryRun", "All")
		request.URL.RawQuery = query.Encode()
	}
	response, err := r.next.RoundTrip(request)
	if err == nil {
		err = r.note(response)
	}
	return response, err
}

func (r *rehearsal) read(request *http.Request) (*http.Response, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	address := request.URL.String()
	found, ok := r.reads[address]
	if !ok {
		response, err := r.next.RoundTrip(request)
		if err != nil {
			return nil, err
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil {
			return nil, err
		}
		found = &answered{response: *response, body: body}
		if response.StatusCode == http.StatusOK || response.StatusCode == http.StatusNotFound {
			if r.reads == nil {
				r.reads = map[string]*answered{}
			}
			r.reads[address] = found
		}
	}
	response := found.response
	response.Header = found.response.Header.Clone()
	response.Body = io.NopCloser(bytes.NewReader(found.body))
	response.Request = request
	return &response, nil
}

func checkDryRun(request *http.Request) error {
	if request.Body == nil {
		return errRealWrite
	}
	body, err := io.ReadAll(request.Body)
	request.Body.Close()
	if err != nil {
		return err
	}
	request.Body = io.NopCloser(bytes.NewReader(body))
	if !strings.Contains(string(body), `"dryRun":["All"]`) {
		return errRealWrite
	}
	return nil
}

// note remembers the warnings and the refusal that are in an answer.
func (r *rehearsal) note(response *http.Response) error {
	found, _ := net.ParseWarningHeaders(response.Header.Values("Warning"))
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, warning := range found {
		r.warnings = append(r.warnings, warning.Text)
	}
	if response.StatusCode < http.StatusBadRequest {
		return nil
	}
	body, err := io.ReadAll(response.Body)
	response.Body.Close()
	if err != nil {
		return err
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	var status metav1.Status
	if json.Unmarshal(body, &status) == nil && status.Status == metav1.StatusFailure {
		r.refused = &apierrors.StatusError{ErrStatus: status}
	}
	return nil
}

// explain prefers the server's own answer to Helm's account of it.
func (r *rehearsal) explain(err error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil && r.refused != nil {
		return r.refused
	}
	return err
}
