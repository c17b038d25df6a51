// Package containerd configures the container runtime of a node and speaks to it.
package containerd

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
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

// Started is when the runtime began to listen; the zero time while it does not.
func (c Client) Started() time.Time {
	info, err := os.Stat(c.Address)
	if err != nil {
		return time.Time{}
	}
	conn, err := net.DialTimeout("unix", c.Address, time.Second)
	if err != nil {
		return time.Time{}
	}
	conn.Close()
	return info.ModTime()
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

// Images returns the digests of the images that are there, by name.
func (c Client) Images(ctx context.Context) (map[string]string, error) {
	out, err := c.command(ctx, "images", "list").Output()
	if err != nil {
		return nil, fmt.Errorf("listing images: %w", err)
	}
	digests := map[string]string{}
	for _, line := range strings.Split(string(out), "\n") {
		// "NAME TYPE DIGEST SIZE …"
		if fields := strings.Fields(line); len(fields) > 2 && strings.HasPrefix(fields[2], "sha256:") {
			digests[fields[0]] = fields[2]
		}
	}
	return digests, nil
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
