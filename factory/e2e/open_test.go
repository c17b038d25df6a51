//go:build e2e

package e2e

import (
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

// openOverPods forwards to the frontend while the pod behind it goes and the connection to the API server breaks.
func openOverPods(t *testing.T, s *stack) {
	server := s.proxied(t)
	open := s.background(t, "open", "frontend", "--port", "18055", "--kubeconfig", server.kubeconfig)
	told := open.out.wait(t, `ingress`)
	pod := regexp.MustCompile(`(?m)^http://localhost:18055/ +port 80 of frontend, in pod (\S+)$`).FindStringSubmatch(told)
	if pod == nil || !strings.Contains(told, "https://"+host+"/") {
		t.Fatalf("it says\n%s", told)
	}
	page := func() error {
		client := &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
		response, err := client.Get("http://localhost:18055/")
		if err != nil {
			return err
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if err != nil || response.StatusCode != http.StatusOK || !strings.Contains(string(body), "<html") {
			return fmt.Errorf("%s %v", response.Status, err)
		}
		return nil
	}
	if err := page(); err != nil {
		t.Fatal(err)
	}
	s.kubectl(t, "delete", "pod", "-n", "platform", pod[1], "--wait=false")
	open.said.wait(t, pod[1]+` is (being taken away|gone)\n(?s).*now connected to frontend-`)
	if err := page(); err != nil {
		t.Errorf("after its pod went: %v", err)
	}
	server.cut()
	open.said.wait(t, `the connection to frontend-\S+ is lost`)
	server.mend()
	if err := page(); err != nil {
		t.Errorf("after the connection was lost: %v", err)
	}
	open.interrupt(t)
	s.kubectl(t, "rollout", "status", "deployment/frontend", "-n", "platform", "--timeout=60s")
}
