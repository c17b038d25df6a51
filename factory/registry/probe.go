package registry

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/helm-chart-factory/factory/factory/registry/server"
)

// answer is what a look at a port of this machine found.
type answer struct {
	taken    bool   // something listens
	registry bool   // and speaks the distribution API
	login    bool   // but wants a login
	instance string // set by a registry of ours
}

// probe asks both loopback addresses, since "localhost" means either.
func probe(ctx context.Context, port int) answer {
	client := &http.Client{
		Timeout:       2 * time.Second,
		Transport:     &http.Transport{DisableKeepAlives: true}, // no proxy: this is loopback
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	var found answer
	for _, host := range []string{"127.0.0.1", "::1"} {
		target := net.JoinHostPort(host, strconv.Itoa(port))
		connection, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", target)
		if err != nil {
			continue
		}
		connection.Close()
		found.taken = true
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+target+"/v2/", nil)
		if err != nil {
			continue
		}
		response, err := client.Do(request)
		if err != nil {
			continue
		}
		response.Body.Close()
		if speaksDistribution(response) {
			found.registry = true
			found.login = response.StatusCode == http.StatusUnauthorized
			found.instance = response.Header.Get(server.InstanceHeader)
			return found
		}
	}
	return found
}

// settled is probe that gives a process which is just ending a moment to let go of the port.
func settled(ctx context.Context, port int) answer {
	found := probe(ctx, port)
	for range 10 {
		if !found.taken || found.registry || ctx.Err() != nil {
			break
		}
		time.Sleep(50 * time.Millisecond)
		found = probe(ctx, port)
	}
	return found
}

func speaksDistribution(response *http.Response) bool {
	if response.Header.Get("Docker-Distribution-Api-Version") == "registry/2.0" {
		return true
	}
	return response.StatusCode == http.StatusOK && strings.HasPrefix(response.Header.Get("Content-Type"), "application/json")
}

// existing describes a registry on the port that Setup did not start.
func existing(ctx context.Context, port int, found answer) (Result, error) {
	result := Result{Address: address(port), Runtime: Existing}
	by := ""
	if owner, ok := portOwner(port); ok {
		result.PID = owner.PID
		by = " (" + owner.String() + ")"
	}
	if found.login {
		result.Note = fmt.Sprintf("using the registry that already runs on %s%s; it asks for a login: docker login %s",
			address(port), by, address(port))
		return result, nil
	}
	if err := acceptsPushes(ctx, port); err != nil {
		return Result{}, fmt.Errorf("the registry that already runs on %s%s takes no images: %w\n"+
			"next: stop it, or name another port: factory setup-registry --port %d and registry: localhost:%d in factory.yaml",
			address(port), by, err, port+1, port+1)
	}
	result.Note = fmt.Sprintf("using the registry that already runs on %s%s", address(port), by)
	return result, nil
}

// acceptsPushes begins an upload and cancels it.
func acceptsPushes(ctx context.Context, port int) error {
	base := "http://" + address(port)
	response, err := send(ctx, http.MethodPost, base+"/v2/factory/probe/blobs/uploads/")
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusAccepted {
		return fmt.Errorf("beginning an upload answers %s", response.Status)
	}
	upload, err := response.Request.URL.Parse(response.Header.Get("Location"))
	if err != nil {
		return err
	}
	// Cancelling is a courtesy: a registry forgets uploads by itself.
	_, _ = send(ctx, http.MethodDelete, upload.String())
	return nil
}

func send(ctx context.Context, method, url string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, url, nil)
	if err != nil {
		return nil, err
	}
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	response.Body.Close()
	return response, nil
}

func takenError(port int) error {
	who := "another process"
	if owner, ok := portOwner(port); ok {
		who = owner.String()
	}
	return fmt.Errorf("port %d is taken by %s, and it is no registry\n"+
		"next: stop it, or name another port: factory setup-registry --port %d and registry: localhost:%d in factory.yaml",
		port, who, port+1, port+1)
}
