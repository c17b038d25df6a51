package test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/helm-chart-factory/factory/cluster/internal/pki"
)

// pull makes a pod of image and returns what keeps it from running, or nothing.
func pull(t *testing.T, c *cluster, pod, image string) string {
	t.Helper()
	c.kubectl("run", pod, "--image", image, "--image-pull-policy=Always", "--", "serve", "pulled")
	defer c.kubectl("delete", "pod", pod, "--force", "--grace-period=0")
	deadline := time.Now().Add(60 * time.Second)
	for {
		phase := c.kubectl("get", "pod", pod, "-o", "jsonpath={.status.phase}")
		if phase == "Running" {
			return ""
		}
		events := c.kubectl("get", "events", "--field-selector", "involvedObject.name="+pod+",reason=Failed", "-o", "jsonpath={.items[*].message}")
		if events != "" {
			return events
		}
		if time.Now().After(deadline) {
			return "it is " + phase + " for a minute"
		}
		time.Sleep(200 * time.Millisecond)
	}
}

func testForwarder(t *testing.T, c *cluster, open *registry) {
	if problem := pull(t, c, "forwarded", fmt.Sprintf("localhost:%d/forwarded:1", open.port())); problem != "" {
		t.Fatal(problem)
	}
	if !open.wasAskedFor("forwarded") {
		t.Error("the image came from somewhere else")
	}
	// The way in is the node's loopback alone.
	if body, err := fetch(fmt.Sprintf("http://%s:%d/v2/", c.status().NodeIP, open.port())); err == nil {
		t.Errorf("the registry answers at the node's address: %s", body)
	}
}

// testRegistries pulls under a name that only registries.yaml can resolve: localhost works without it.
func testRegistries(t *testing.T, c *cluster, file string, archive []byte, open, closed *registry) {
	if problem := pull(t, c, "unmirrored", "mirror.test/app:1"); problem == "" {
		t.Fatal("an image of mirror.test could be pulled without registries.yaml")
	}
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c.run("reload-registries")
	}
	write(fmt.Sprintf(`
mirrors:
  mirror.test:
    endpoint: ["http://localhost:%d"]
  rewritten.test:
    endpoint: ["http://localhost:%d"]
    rewrite: {"^(.*)$": "copies/$1"}
`, open.port(), open.port()))
	if problem := pull(t, c, "mirrored", "mirror.test/app:1"); problem != "" {
		t.Errorf("with a mirror: %s", problem)
	}
	if problem := pull(t, c, "rewritten", "rewritten.test/app:1"); problem != "" {
		t.Errorf("with a mirror that rewrites: %s", problem)
	}
	if !open.wasAskedFor("app") || !open.wasAskedFor("copies/app") {
		t.Errorf("the registry was asked for %v", open.asked)
	}

	// Beyond the node there is only the supervisor's way out, and the certificate is checked all the same.
	base := filepath.Join(t.TempDir(), "ca")
	authority, err := pki.LoadOrCreateAuthority(base, "test")
	if err != nil {
		t.Fatal(err)
	}
	outside := newTLSRegistry(t, archive, c.status().Network.HostIP, authority)
	address := outside.Listener.Addr().String()
	if problem := pull(t, c, "untrusted", address+"/app:1"); !strings.Contains(problem, "unknown authority") {
		t.Errorf("from a registry that nobody vouches for: %q", problem)
	}
	write(fmt.Sprintf("mirrors: {outside.test: {endpoint: [%q]}}\nconfigs: {%q: {tls: {ca_file: %s.crt}}}\n", address, address, base))
	if problem := pull(t, c, "trusted", address+"/app:1"); problem != "" {
		t.Errorf("with its authority: %s", problem)
	}
	if problem := pull(t, c, "outside", "outside.test/mirrored:1"); problem != "" || !outside.wasAskedFor("mirrored") {
		t.Errorf("as a mirror: %s", problem)
	}

	// The closed registry is reached through the rewriting endpoint, which carries its own credentials.
	withPassword := func(password string) string {
		return fmt.Sprintf(`
mirrors:
  closed.test:
    endpoint: ["http://localhost:%d"]
    rewrite: {"^app$": "app"}
configs:
  "localhost:%d": {auth: {username: reader, password: %s}}
`, closed.port(), closed.port(), password)
	}
	write(withPassword("wrong"))
	if problem := pull(t, c, "refused", "closed.test/app:1"); problem == "" {
		t.Error("an image could be pulled with a wrong password")
	}
	write(withPassword("secret"))
	if problem := pull(t, c, "allowed", "closed.test/app:1"); problem != "" {
		t.Errorf("with credentials: %s", problem)
	}
	// containerd was started again for them; what ran goes on.
	if out := c.kubectl("get", "pods", "-l", "app=web", "-o", "jsonpath={.items[*].status.containerStatuses[*].restartCount}"); out != "0 0" {
		t.Errorf("restarts of the pods that ran: %s", out)
	}
	if err := os.WriteFile(file, []byte("mirrors: ["), 0o600); err != nil {
		t.Fatal(err)
	}
	if out := c.try("reload-registries"); !strings.Contains(out, file) || !strings.Contains(out, "exit status 1") {
		t.Errorf("a file that is not YAML: %s", out)
	}
	if problem := pull(t, c, "still", "closed.test/app:1"); problem != "" {
		t.Errorf("after a file that is not YAML: %s", problem)
	}
	write("{}")
}
