// Package containerd configures the container runtime of a node and speaks to it.
package containerd

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Name is the runtime's name as a component and as a program.
const Name = "containerd"

// Socket is the runtime's address inside the node, where every tool expects it.
const Socket = "/run/containerd/containerd.sock"

// Namespace holds what Kubernetes uses.
const Namespace = "k8s.io"

// SocketOf is the runtime's address as the host sees it, through the node's first process.
func SocketOf(nodePID int) string { return fmt.Sprintf("/proc/%d/root%s", nodePID, Socket) }

// Client runs Debian's ctr against a runtime.
type Client struct{ Address string }

func (c Client) command(ctx context.Context, args ...string) *exec.Cmd {
	return exec.CommandContext(ctx, "ctr", append([]string{"--address", c.Address, "--namespace", Namespace}, args...)...)
}

// Answers tells whether the runtime is there.
func (c Client) Answers(ctx context.Context) error {
	out, err := c.command(ctx, "version").CombinedOutput()
	if err != nil {
		return fmt.Errorf("containerd does not answer: %w: %s", err, strings.TrimSpace(string(out)))
	}
	return nil
}

// Import reads an OCI or Docker archive from in and returns the names of the images that it held.
func (c Client) Import(ctx context.Context, in io.Reader) ([]string, error) {
	command := c.command(ctx, "images", "import", "-")
	command.Stdin = in
	out, err := command.CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("importing images: %w: %s", err, strings.TrimSpace(string(out)))
	}
	var names []string
	for _, line := range strings.Split(string(out), "\n") {
		// "unpacking NAME (DIGEST)...done"
		if fields := strings.Fields(line); len(fields) >= 3 && fields[0] == "unpacking" {
			names = append(names, fields[1])
		}
	}
	return names, nil
}

// Images lists the names of the images that are there.
func (c Client) Images(ctx context.Context) (map[string]bool, error) {
	out, err := c.command(ctx, "images", "list", "--quiet").Output()
	if err != nil {
		return nil, fmt.Errorf("listing images: %w", err)
	}
	names := map[string]bool{}
	for _, name := range strings.Fields(string(out)) {
		names[name] = true
	}
	return names, nil
}

// PluginDir finds the CNI plugins: Debian's place or the upstream one.
func PluginDir() (string, error) {
	dirs := []string{"/usr/lib/cni", "/opt/cni/bin"}
	for _, dir := range dirs {
		if _, err := os.Stat(filepath.Join(dir, "bridge")); err == nil {
			return dir, nil
		}
	}
	return "", fmt.Errorf("no CNI plugins in %s: apt-get install containernetworking-plugins", strings.Join(dirs, " or "))
}
