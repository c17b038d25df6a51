//go:build e2e

package e2e

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// develop works on a service as its team does: every save is seen at its forwarded port, what is wrong is said, and the end leaves
// nothing half done.
func develop(t *testing.T, s *stack) {
	const name = "develop"
	dir := filepath.Join(t.TempDir(), name)
	s.run(t, s.factory, "init", dir, "--empty")
	s.run(t, s.factory, "-C", dir, "new", "site", "--template", "web")
	edit(t, filepath.Join(dir, "factory.yaml"), "# registry: localhost:5000 ", "registry: "+s.registry+" ")
	folder := filepath.Join(dir, "services", "site")
	page, spec, dockerfile := filepath.Join(folder, "html", "index.html"), filepath.Join(folder, "service.yaml"), filepath.Join(folder, "Dockerfile")
	edit(t, spec, "ingress: {tls: true}", "#")
	edit(t, spec, "replicas: 2", "replicas: 1")
	edit(t, spec, "budget:", "# budget:")
	t.Cleanup(func() {
		if _, said, err := s.try(s.factory, "-C", dir, "destroy", "--volumes", "--yes"); err != nil {
			t.Errorf("factory destroy: %v\n%s", err, said)
		}
	})

	dev := s.background(t, "-C", dir, "dev", "site")
	dev.says(t, `(?m)^✓ synced the charts, built site, deployed revision 1 `)
	opened := regexp.MustCompile(`(?m)^(http://localhost(?::\d+)?/) +port 80 of site, in pod site-\S+$`).FindStringSubmatch(dev.out.wait(t, `port 80 of site, in pod .*\n`))
	if opened == nil {
		t.Fatalf("it says\n%s", &dev.out)
	}
	shows := func(text string) {
		t.Helper()
		start := time.Now()
		eventually(t, time.Minute, func() error { return dev.answers(opened[1], text) })
		t.Logf("%q is answered within %s", text, time.Since(start).Round(100*time.Millisecond))
	}
	shows("site runs")
	dev.out.wait(t, `(?m)^site/\w+ \| .*"GET / HTTP`)

	edit(t, page, "site runs", "the second text")
	shows("the second text")
	dev.says(t, `(?m)^✓ services/site/html/index\.html: built site, deployed revision 2 `)

	edit(t, spec, "port: 8080", "prot: 8080")
	dev.says(t, `(?m)^✗ services/site/service\.yaml: failed .*\nerror: 3 problems\nservices/site/service\.yaml:3:1: unknown key "prot"`)
	shows("the second text")
	edit(t, spec, "prot: 8080", "env: {COLOR: blue}\nport: 8080")
	dev.says(t, `(?m)^✓ services/site/service\.yaml: synced the charts, built site, deployed revision 3 `)

	edit(t, dockerfile, "USER ", "COPY missing /\nUSER ")
	dev.says(t, `(?m)^✗ services/site/Dockerfile: failed .*\nerror: image site: \w+ build: .*(?s).*missing.*\nlog: `)
	edit(t, dockerfile, "COPY missing /\n", "")
	edit(t, page, "the second text", "the third text")
	shows("the third text")
	dev.says(t, `(?m)^✓ services/site/.*: built site, deployed revision 4 `)

	// It never gets ready, and is given up in the middle.
	edit(t, spec, "ready: /health", "ready: {exec: [/bin/false]}")
	dev.says(t, `(?m)^· upgrading develop in namespace develop\n(?s).*deployment/site: .*\n`)
	dev.stop(t)
	if left := s.kubectl(t, "get", "secrets", "-n", name, "-l", "owner=helm", "-o", `jsonpath={.items[-1:].metadata.labels.status}`); strings.HasPrefix(left, "pending") {
		t.Errorf("it left a release that is %s", left)
	}
	if left := s.kubectl(t, "get", "leases", "-n", name, "-o", "name"); left != "" {
		t.Errorf("it left %s", left)
	}
	edit(t, spec, "ready: {exec: [/bin/false]}", "ready: /health")
	again := s.background(t, "-C", dir, "dev", "site")
	again.says(t, `(?m)^✓ synced the charts, (built site, )?deployed revision 6 `)
	again.out.wait(t, `port 80 of site`)
	again.interrupt(t)
}

// says waits, for as long as a build and a deploy may take, until something was said.
func (b *background) says(t *testing.T, pattern string) {
	t.Helper()
	wanted := regexp.MustCompile(pattern)
	eventually(t, 2*time.Minute, func() error {
		if wanted.MatchString(b.said.String()) {
			return nil
		}
		return fmt.Errorf("no %q in\n%s", pattern, &b.said)
	})
}

// answers returns nil when a page has a text.
func (b *background) answers(url, text string) error {
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Get(url)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && !strings.Contains(string(body), text) {
		err = fmt.Errorf("%s says %s\n%s", url, body, &b.said)
	}
	return err
}

// stop ends a command in the middle of its work, as Ctrl-C does.
func (b *background) stop(t *testing.T) {
	t.Helper()
	if err := b.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := b.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 130 {
		t.Errorf("it ended with %v, want exit code 130\n%s", err, &b.said)
	}
}
