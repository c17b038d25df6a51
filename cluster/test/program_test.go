// Package test starts real clusters. What the machine does not allow is logged as "left out: …", never silently skipped.
package test

import (
	"bytes"
	"encoding/json"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/helm-chart-factory/factory/cluster/internal/instance"
)

// program builds factory-cluster where it is not current and returns its path.
func program(t *testing.T) string {
	t.Helper()
	cache, err := instance.Cache()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(cache, "bin", "factory-cluster")
	if out, err := exec.Command("../build.sh", path).CombinedOutput(); err != nil {
		t.Fatalf("building factory-cluster: %v\n%s", err, out)
	}
	return path
}

// cluster is one instance under test.
type cluster struct {
	t       *testing.T
	program string
	name    string
	dir     string
}

func newCluster(t *testing.T, name string) *cluster {
	t.Helper()
	c := &cluster{t: t, program: program(t), name: name, dir: filepath.Join(t.TempDir(), "state")}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("status: %s", c.try("status"))
		}
		c.try("stop", "--purge")
	})
	return c
}

func (c *cluster) command(args ...string) *exec.Cmd {
	return exec.Command(c.program, append([]string{args[0], "--name", c.name, "--state", c.dir}, args[1:]...)...)
}

// try returns whatever the command says.
func (c *cluster) try(args ...string) string {
	out, err := c.command(args...).CombinedOutput()
	if err != nil {
		return string(out) + err.Error()
	}
	return string(out)
}

// run returns the command's standard output and fails the test when the command fails.
func (c *cluster) run(args ...string) string {
	c.t.Helper()
	return c.feed(nil, args...)
}

func (c *cluster) feed(in io.Reader, args ...string) string {
	c.t.Helper()
	var out, messages bytes.Buffer
	command := c.command(args...)
	command.Stdin, command.Stdout, command.Stderr = in, &out, &messages
	if err := command.Run(); err != nil {
		c.t.Fatalf("%s: %v\n%s%s", strings.Join(args, " "), err, out.String(), messages.String())
	}
	return strings.TrimSpace(out.String())
}

func (c *cluster) kubectl(args ...string) string {
	c.t.Helper()
	return c.run(append([]string{"kubectl"}, args...)...)
}

func (c *cluster) apply(manifest string) {
	c.t.Helper()
	c.feed(strings.NewReader(manifest), "kubectl", "apply", "-f", "-")
}

type status struct {
	Running, Ready, Node       bool
	PID, NodePID               int
	NodeIP, Server, Kubeconfig string
	Network                    struct{ Pods, Services, Block, DNSIP, HostIP string }
	LeftOut                    []string
	Ingress, Registries, Logs  string
}

func (c *cluster) status() status {
	c.t.Helper()
	var s status
	if err := json.Unmarshal([]byte(c.run("status", "-o", "json")), &s); err != nil {
		c.t.Fatal(err)
	}
	return s
}

// eventually fails the test when check still returns a complaint after limit.
func eventually(t *testing.T, limit time.Duration, check func() string) {
	t.Helper()
	deadline := time.Now().Add(limit)
	for {
		complaint := check()
		if complaint == "" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(complaint)
		}
		time.Sleep(200 * time.Millisecond)
	}
}
